package cases

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/clientcert"
	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/testserver"
)

// Clients reach the API at these URLs. A gateway at gatewayURL removes the path
// of gatewayURL from each request that it forwards to the API.
const (
	apiURL     = "https://api.example.com"
	gatewayURL = "https://gateway.example.net:8443/orders/v2"
)

// proofMode is an API's configuration for DPoP proofs and client certificates.
type proofMode struct {
	name                  string
	off, required, nonces bool
	certified, bound      bool // ClientCert is set; RequireBound is set
}

var (
	proofsOff      = proofMode{name: "off", off: true}
	proofsOn       = proofMode{name: "on"}
	proofsRequired = proofMode{name: "required", required: true}
	nonceMode      = proofMode{name: "nonces", nonces: true}

	certificatesOn       = proofMode{name: "certificates", off: true, certified: true}
	certificatesRequired = proofMode{name: "certificates required", off: true, certified: true, bound: true}
	bothOn               = proofMode{name: "certificates and proofs", certified: true}
	bothBound            = proofMode{name: "certificates or proofs required", certified: true, bound: true}
	proofsBound          = proofMode{name: "a binding required", bound: true}
	proofsRequiredToo    = proofMode{name: "certificates and required proofs", required: true, certified: true}
)

// proofLab is a lab for tokens that are bound to the key of a client.
type proofLab struct {
	*lab
	proofMode
	client
	as      *testserver.Server
	other   client // the key of another client
	replay  *replayRecorder
	offered *dpop.Nonces

	mu   sync.Mutex
	sent []string // the signatures of the proofs
}

// client is a client's DPoP key, with its public JWK and its thumbprint (jkt).
type client struct {
	key      testserver.Key
	jwk, jkt string
}

// newClient generates a key for an algorithm.
func newClient(t *testing.T, alg testserver.Alg) client {
	t.Helper()
	c := client{key: testserver.GenerateKey(alg, "")}
	var header struct{ JWK json.RawMessage }
	part(t, testserver.Proof(c.key, "GET", apiURL, "")[0], 0, &header)
	var claims struct{ CNF struct{ JKT string } }
	part(t, testserver.New(t, testserver.InMemory()).Token(testserver.BoundTo(c.key)), 1, &claims)
	c.jwk, c.jkt = string(header.JWK), claims.CNF.JKT
	return c
}

// part decodes the JSON in segment i of a compact JWS. Segment 0 is the header,
// and segment 1 is the payload.
func part(t *testing.T, compact string, i int, into any) {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(compact, ".")[i])
	check(t, err)
	check(t, json.Unmarshal(text, into))
}

// noncePeriod is how long an API issues the same nonce. In nonceMode, the clock
// of the API does not advance, so the nonce does not change during a test.
const noncePeriod = time.Minute

// newProofLab returns a lab whose API is configured as mode describes.
func newProofLab(t *testing.T, frameworks []Framework, mode proofMode, changes ...func(*middleware.Config)) *proofLab {
	t.Helper()
	as, down := testserver.New(t), testserver.New(t)
	now := time.Now()
	if mode.nonces {
		now = now.Truncate(noncePeriod).Add(noncePeriod / 2)
	}
	l := &proofLab{
		lab: &lab{
			tokens: tokens{
				Maker:       forge.Maker{Key: as.SigningKey(), Issuer: as.Issuer(), Audience: audience, Now: now},
				unreachable: down.Token(),
			},
			log: new(logBuffer),
		},
		as: as, proofMode: mode, client: newClient(t, "ES256"), other: newClient(t, "ES256"),
		replay: &replayRecorder{store: dpop.NewMemory(0)},
	}
	check(t, down.Close())
	config := middleware.Config{
		Audience: audience, Origins: []string{apiURL, gatewayURL}, Resource: apiURL,
		Issuers: []middleware.Issuer{{URL: as.Issuer()}, {URL: down.Issuer()}},
		Client:  as.Client(), Logger: newLogger(l.log), Revoked: revoked,
	}
	if !mode.off {
		config.DPoP = &dpop.Policy{Required: mode.required, Replay: l.replay}
	}
	if mode.nonces {
		l.offered = dpop.NewNonces([]byte(rand.Text()+rand.Text()), noncePeriod)
		config.DPoP.Nonces, config.Now = l.offered, func() time.Time { return now }
	}
	if mode.certified {
		config.ClientCert = clientcert.TLS
	}
	config.RequireBound = mode.bound
	for _, change := range changes {
		change(&config)
	}
	if config.ClientCert != nil {
		l.certificates = newCertificates(t)
	}
	var err error
	l.verifier, err = middleware.NewVerifier(config)
	check(t, err)
	l.open(t, frameworks)
	return l
}

// bound returns a token that is bound to the key of the client. pairs contains
// names of claims, each followed by its new value.
func (l *proofLab) bound(pairs ...string) string {
	if !slices.Contains(pairs, "cnf") {
		pairs = append(pairs, "cnf", l.cnf())
	}
	return l.Token(l.Header(), l.Claims(pairs...))
}

// cnf returns the claim that binds a token to the client.
func (c client) cnf() string { return `{"jkt":"` + c.jkt + `"}` }

// proved returns a request with the scheme DPoP. A new proof is made each time
// the request is sent. The options change the proof.
func (l *proofLab) proved(path, token string, options ...testserver.TokenOption) request {
	return l.provedFor(apiURL+path, path, token, options...)
}

// provedFor is like proved, but the proofs are for the given URL.
func (l *proofLab) provedFor(url, path, token string, options ...testserver.TokenOption) request {
	return at(path, "DPoP "+token).withLate(func(method string) []field {
		return l.fields(testserver.Proof(l.key, method, url, token, options...)...)
	})
}

// fields returns a DPoP field for each proof.
func (l *proofLab) fields(proofs ...string) (fields []field) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, proof := range proofs {
		fields = append(fields, field{"DPoP", proof})
		if i := strings.LastIndexByte(proof, '.'); i >= 0 {
			l.sent = append(l.sent, proof[i+1:])
		}
	}
	return fields
}

// draft is a proof before it is signed.
type draft struct{ header, claims []string }

// forged returns a request for /read. It contains each proof that build
// returns, in its own DPoP field. The draft passed to build contains the header
// and claims of a valid proof.
func (l *proofLab) forged(token string, build func(method string, good draft) []string) request {
	return at("/read", "DPoP "+token).withLate(func(method string) []field {
		good := draft{[]string{"typ", `"dpop+jwt"`, "alg", `"ES256"`, "jwk", l.jwk}, nil}
		var claims map[string]json.RawMessage
		encoded := strings.Split(testserver.Proof(l.key, method, apiURL+"/read", token)[0], ".")[1]
		decoded, _ := base64.RawURLEncoding.DecodeString(encoded) // cannot fail: testserver encoded it
		_ = json.Unmarshal(decoded, &claims)
		for name, value := range claims {
			good.claims = append(good.claims, name, string(value))
		}
		return l.fields(build(method, good)...)
	})
}

// sign signs a proof with the client's key.
func (l *proofLab) sign(header, claims string) string {
	return forge.Maker{Key: l.key}.Token(header, claims)
}

// withHeader returns a request whose proof has a changed header. Each pair is
// the name of a member and its value as JSON text. The value "" removes the
// member.
func (l *proofLab) withHeader(pairs ...string) request {
	return l.forged(l.bound(), func(_ string, good draft) []string {
		return []string{l.sign(jsonMembers(append(good.header, pairs...)), jsonMembers(good.claims))}
	})
}

// withClaims is like withHeader, but the proof has changed claims.
func (l *proofLab) withClaims(pairs ...string) request {
	return l.forged(l.bound(), func(_ string, good draft) []string {
		return []string{l.sign(jsonMembers(good.header), jsonMembers(append(good.claims, pairs...)))}
	})
}

// withBytes returns a request whose proof is changed after it was signed.
func (l *proofLab) withBytes(change func(proof string) string) request {
	return l.forged(l.bound(), func(_ string, good draft) []string {
		return []string{change(l.sign(jsonMembers(good.header), jsonMembers(good.claims)))}
	})
}

// jsonMembers returns a JSON object. Each pair is the name of a member and its
// value as JSON text. A later pair replaces an earlier pair of the same name,
// and the value "" removes the member.
func jsonMembers(pairs []string) string {
	last := make(map[string]json.RawMessage)
	for i := 0; i < len(pairs); i += 2 {
		if last[pairs[i]] = json.RawMessage(pairs[i+1]); pairs[i+1] == "" {
			delete(last, pairs[i])
		}
	}
	var b strings.Builder
	for name, value := range last {
		b.WriteString(`,"` + name + `":` + string(value))
	}
	return "{" + b.String()[1:] + "}"
}

// assertPasses sends an additional request that a test case needs, such as the
// first use of a proof. It expects status 200, and resets the count of handlers
// that ran.
func (l *target) assertPasses(t *testing.T, method string, r request) {
	t.Helper()
	if a := l.send(t, method, r); a.status != http.StatusOK {
		t.Errorf("%s: got %d for the first use of a proof, want 200", l.name, a.status)
	}
	l.reached.reset()
}

// replayRecorder is a [dpop.Replay] that records its calls. Tests can replace
// the store behind it.
type replayRecorder struct {
	mu    sync.Mutex
	store dpop.Replay
	keys  [][32]byte // the keys of all calls since the store was last replaced
	until []time.Time
}

// First implements [dpop.Replay].
func (r *replayRecorder) First(ctx context.Context, key [32]byte, until time.Time) (bool, error) {
	r.mu.Lock()
	store := r.store
	r.keys, r.until = append(r.keys, key), append(r.until, until)
	r.mu.Unlock()
	return store.First(ctx, key, until)
}

// use replaces the store and discards the recorded calls.
func (r *replayRecorder) use(store dpop.Replay) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.store, r.keys, r.until = store, nil, nil
}

// calls returns the keys and the expiry times that First has received since the
// store was last replaced.
func (r *replayRecorder) calls() ([][32]byte, []time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keys, r.until
}

// storeFunc is a [dpop.Replay].
type storeFunc func() (bool, error)

// First implements [dpop.Replay].
func (f storeFunc) First(context.Context, [32]byte, time.Time) (bool, error) { return f() }

// checkProofLog makes the checks of checkLog. It also fails the test if the log
// contains a part of the signature of a proof.
func (l *proofLab) checkProofLog(t *testing.T, groups []group) {
	t.Helper()
	l.checkLog(t, groups)
	const window = 16
	sent := make(map[string]bool)
	for _, signature := range l.sent {
		for i := range len(signature) - window + 1 {
			sent[signature[i:i+window]] = true
		}
	}
	log := l.log.String()
	for i := range len(log) - window + 1 {
		if sent[log[i:i+window]] {
			t.Fatalf("E04: part of the signature of a proof was logged: %q", log[max(0, i-200):min(len(log), i+200)])
		}
	}
}
