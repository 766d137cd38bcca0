package token

import (
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	_ "embed"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// Attacker makes the keys of a simulated attacker. It makes one key for each
// algorithm, when that key is first used. The server's JWKS never contains
// these keys.
type Attacker struct {
	source *Source

	mu   sync.Mutex
	keys map[catalogue.Alg]Key
}

// NewAttacker returns an attacker whose keys come from src, except the RSA key,
// which is embedded.
func NewAttacker(src *Source) *Attacker { return &Attacker{source: src, keys: map[catalogue.Alg]Key{}} }

// attackerPEM is an RSA key that the attackers of all servers share, because
// generating an RSA key is slow.
//
//go:embed attacker.pem
var attackerPEM []byte

// Key returns the attacker's key for alg.
func (a *Attacker) Key(alg catalogue.Alg) (Key, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if key, ok := a.keys[alg]; ok {
		return key, nil
	}
	key, err := newAttackerKey(alg, a.source)
	if err != nil {
		return Key{}, err
	}
	a.keys[alg] = key
	return key, nil
}

func newAttackerKey(alg catalogue.Alg, src *Source) (Key, error) {
	s, err := specOf(alg)
	if err != nil {
		return Key{}, err
	}
	if s.family != rsaPKCS1 && s.family != rsaPSS {
		return NewKey(alg, "", src.Fork("stranger "+string(alg)))
	}
	block, _ := pem.Decode(attackerPEM)
	if block == nil {
		return Key{}, errors.New("the attacker's embedded key is not PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return Key{}, err
	}
	private, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return Key{}, errors.New("the attacker's embedded key is not an RSA key")
	}
	key := Key{Alg: alg, Private: private}
	key.ID, err = key.thumbprint()
	return key, err
}

// trapJWKS is the path where Trap serves the keys.
const trapJWKS = "/jwks.json"

// Trap returns a handler that serves the attacker's keys as a JWKS (for jku)
// and as certificates (for x5u). A request to this handler means that a
// verifier has followed a URL in a token.
func (a *Attacker) Trap() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == trapJWKS {
			w.Header().Set("Content-Type", "application/jwk-set+json")
			_, _ = w.Write(a.jwks())
			return
		}
		certificate, err := a.certificate(catalogue.Alg(strings.TrimSuffix(path.Base(r.URL.Path), ".pem")))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/x-pem-file")
		_, _ = w.Write(certificate)
	})
}

func (a *Attacker) jwks() []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	var set jose.JSONWebKeySet
	for _, key := range a.keys {
		if !IsShared(key.Alg) {
			set.Keys = append(set.Keys, key.public())
		}
	}
	b, err := json.Marshal(set)
	if err != nil {
		return nil
	}
	return b
}

func (a *Attacker) certificate(alg catalogue.Alg) ([]byte, error) {
	a.mu.Lock()
	key, ok := a.keys[alg]
	a.mu.Unlock()
	if !ok || IsShared(key.Alg) {
		return nil, fmt.Errorf("the attacker has no key for %s", alg)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "attacker.invalid"},
		NotBefore:    time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2190, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(nil, template, template, key.Private.Public(), key.Private)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}
