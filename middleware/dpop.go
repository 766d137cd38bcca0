package middleware

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"hash/maphash"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/internal/jws"
	"github.com/bearerguard/bearerguard/internal/strictjson"
	"github.com/bearerguard/bearerguard/internal/weburl"
)

// The schemes of the Authorization field. Schemes are case-insensitive (RFC
// 9110 §11.1).
const (
	schemeBearer = "Bearer" // RFC 6750 §2.1
	schemeDPoP   = "DPoP"   // RFC 9449 §7.1
)

// ahead is how far in the future the iat of a proof may be, in addition to the
// clock skew. Some clients' clocks are ahead (RFC 9449 §11.1).
const ahead = 15 * time.Second

// proofPolicy is the [dpop.Policy] of a Verifier, with its defaults.
type proofPolicy struct {
	required   bool
	algorithms map[string]*jws.Algorithm // by the names that proofs may use
	names      string                    // the names, separated by spaces
	oldest     time.Duration             // how far in the past iat may be
	newest     time.Duration             // how far in the future iat may be
	nonces     *dpop.Nonces              // nil without nonces
	replay     dpop.Replay
	origins    []publicURL
	signers    signerCache
}

// publicURL is one of Config.Origins. The path is "" or begins with a slash,
// and does not end in one.
type publicURL struct{ origin, path string }

// checkDPoP returns the faults of DPoP.
func (c Config) checkDPoP() (faults []error) {
	if c.DPoP == nil {
		return nil
	}
	if _, err := c.DPoP.Complete(); err != nil {
		for line := range strings.Lines(err.Error()) { // one fault a line
			faults = append(faults, errors.New("DPoP: "+strings.TrimPrefix(strings.TrimSpace(line), "dpop: ")))
		}
	}
	if len(c.Origins) == 0 {
		faults = append(faults, errors.New(`DPoP needs Origins, because a proof names the URL of the request: set Origins: []string{"https://api.example.com"} to the URL at which clients reach the API`))
	}
	if c.TokenHeader != "" {
		faults = append(faults, errors.New("DPoP cannot be combined with TokenHeader: the scheme DPoP is in the Authorization field"))
	}
	return faults
}

// newProofPolicy returns the policy for a configuration that has already been
// checked, or nil without DPoP. The clock skew has its default.
func newProofPolicy(c Config, skew time.Duration) (*proofPolicy, error) {
	if c.DPoP == nil {
		return nil, nil //nolint:nilnil // no policy is not an error
	}
	given, err := c.DPoP.Complete()
	if err != nil {
		return nil, err
	}
	p := &proofPolicy{
		required: given.Required, algorithms: make(map[string]*jws.Algorithm), names: strings.Join(given.Algorithms, " "),
		oldest: given.MaxAge + skew, newest: ahead + skew, nonces: given.Nonces, replay: given.Replay,
		signers: signerCache{seed: maphash.MakeSeed()},
	}
	for _, name := range given.Algorithms {
		p.algorithms[name] = jws.Find(name)
	}
	for _, raw := range c.Origins {
		origin, path, err := weburl.Normal(raw)
		if err != nil {
			return nil, err
		}
		p.origins = append(p.origins, publicURL{origin, strings.TrimSuffix(path, "/")})
	}
	return p, nil
}

// binding is the key to which cnf binds a token (RFC 7800 §3.1). The zero value
// is the binding of a token without cnf.
type binding struct {
	thumbprint string // jkt, the thumbprint of the key (RFC 9449 §6.1), "" without jkt
	other      bool   // cnf is malformed, or has a member other than jkt
	claimed    bool   // a claim such as typ says that the token is bound to a key
}

// readBinding reads the value of cnf. A binding that cannot be read is still a
// binding.
func readBinding(cnf strictjson.Value) (b binding) {
	err := strictjson.Object(string(cnf), func(name string, value strictjson.Value) error {
		text, _ := strictjson.String(value)
		var hash [sha256.Size]byte
		n, err := base64.RawURLEncoding.Strict().Decode(hash[:], []byte(text[:min(len(text), encodedHash)]))
		if name != "jkt" || err != nil || n != len(hash) || len(text) != encodedHash {
			b.other = true
		}
		b.thumbprint = text
		return nil
	})
	if err != nil || b == (binding{}) {
		b.other = true
	}
	return b
}

// encodedHash is the length of a SHA-256 hash in base64url.
const encodedHash = 43

// namesDPoP reports whether a claim says that the token is bound to a key.
// Servers then write DPoP where they otherwise write Bearer.
func namesDPoP(value strictjson.Value) bool {
	text, _ := strictjson.String(value)
	return strings.EqualFold(text, schemeDPoP)
}

// offers returns the schemes that the challenges of a Verifier offer, the
// preferred scheme first.
func (p *proofPolicy) offers() []string {
	switch {
	case p == nil:
		return bearerOnly
	case p.required:
		return dpopOnly
	}
	return dpopFirst
}

var (
	bearerOnly = []string{schemeBearer}
	dpopOnly   = []string{schemeDPoP}
	dpopFirst  = []string{schemeDPoP, schemeBearer}
)
