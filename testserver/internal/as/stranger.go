package as

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
)

// strangers are an attacker's keys, one for each algorithm: made at their first
// use, never published.
type strangers struct {
	mu   sync.Mutex
	keys map[Alg]Key
}

// strangerKey is an RSA key for the attackers of all servers, because making
// one takes its time.
//
//go:embed stranger.pem
var strangerKey []byte

// stranger returns the attacker's key for alg.
func (s *Server) stranger(alg Alg) (Key, error) {
	s.strangers.mu.Lock()
	defer s.strangers.mu.Unlock()
	if key, ok := s.strangers.keys[alg]; ok {
		return key, nil
	}
	key, err := newStranger(alg, s.source)
	if err != nil {
		return Key{}, err
	}
	if s.strangers.keys == nil {
		s.strangers.keys = map[Alg]Key{}
	}
	s.strangers.keys[alg] = key
	return key, nil
}

func newStranger(alg Alg, src *Source) (Key, error) {
	s, err := alg.spec()
	if err != nil {
		return Key{}, err
	}
	if s.family != rsaPKCS1 && s.family != rsaPSS {
		return NewKey(alg, "", src.fork("stranger "+string(alg)))
	}
	block, _ := pem.Decode(strangerKey)
	if block == nil {
		return Key{}, errors.New("the embedded stranger's key is no PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return Key{}, err
	}
	private, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return Key{}, errors.New("the embedded stranger's key is no RSA key")
	}
	key := Key{Alg: alg, Private: private}
	key.ID, err = key.thumbprint()
	return key, err
}

// TrapJWKS is where Trap serves the keys.
const TrapJWKS = "/jwks.json"

// Trap serves the attacker's keys, as the JWKS that a jku names and as the
// certificates that an x5u does. Whoever comes here followed a token.
func (s *Server) Trap() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == TrapJWKS {
			w.Header().Set("Content-Type", "application/jwk-set+json")
			_, _ = w.Write(s.strangerJWKS())
			return
		}
		certificate, err := s.strangerCertificate(Alg(strings.TrimSuffix(path.Base(r.URL.Path), ".pem")))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/x-pem-file")
		_, _ = w.Write(certificate)
	})
}

func (s *Server) strangerJWKS() []byte {
	s.strangers.mu.Lock()
	defer s.strangers.mu.Unlock()
	var set jose.JSONWebKeySet
	for _, key := range s.strangers.keys {
		if !key.Alg.Shared() {
			set.Keys = append(set.Keys, key.public())
		}
	}
	b, err := json.Marshal(set)
	if err != nil {
		return nil
	}
	return b
}

func (s *Server) strangerCertificate(alg Alg) ([]byte, error) {
	s.strangers.mu.Lock()
	key, ok := s.strangers.keys[alg]
	s.strangers.mu.Unlock()
	if !ok || key.Alg.Shared() {
		return nil, fmt.Errorf("no stranger has a key for %s", alg)
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

// trap is where the attacker's URLs lead, without a trap to a name that never
// resolves (RFC 6761 §6.4).
func (d *Draft) trap() string {
	if d.Trap == "" {
		return "https://attacker.invalid"
	}
	return d.Trap
}
