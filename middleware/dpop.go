package middleware

import (
	"errors"
	"hash/maphash"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/internal/jws"
	"github.com/bearerguard/bearerguard/internal/weburl"
)

// The schemes of the Authorization field. Schemes are case-insensitive (RFC
// 9110 §11.1).
const (
	schemeBearer = "Bearer" // RFC 6750 §2.1
	schemeDPoP   = "DPoP"   // RFC 9449 §7.1
)

// ahead is how far in the future the iat of a proof may be, in addition to the
// clock skew, because the clocks of some clients are ahead (RFC 9449 §11.1).
const ahead = 15 * time.Second

// proofPolicy is the [dpop.Policy] of a Verifier after defaults are applied.
type proofPolicy struct {
	required   bool
	algorithms map[string]*jws.Algorithm // accepted algorithms by name
	names      string                    // algorithm names, separated by spaces
	oldest     time.Duration             // how far in the past iat may be
	newest     time.Duration             // how far in the future iat may be
	nonces     *dpop.Nonces              // nil if not configured
	replay     dpop.Replay
	origins    []publicURL
	signers    signerCache
}

// publicURL is one of Config.Origins. The path is "", or it begins with a slash
// and has no slash at the end.
type publicURL struct{ origin, path string }

// checkDPoP returns the errors in the DPoP configuration.
func (c Config) checkDPoP() (faults []error) {
	if c.DPoP == nil {
		return nil
	}
	if _, err := c.DPoP.Complete(); err != nil {
		faults = append(faults, eachFault("DPoP: ", strings.ReplaceAll(err.Error(), "dpop: ", ""))...)
	}
	if len(c.Origins) == 0 {
		faults = append(faults, errors.New(`DPoP needs Origins, because a proof names the URL of the request: set Origins: []string{"https://api.example.com"} to the URL at which clients reach the API`))
	}
	if c.TokenHeader != "" {
		faults = append(faults, errors.New("DPoP cannot be combined with TokenHeader: tokens with DPoP are always sent in the Authorization field"))
	}
	return faults
}

// eachFault returns one error for each line of text. Each error begins with
// prefix.
func eachFault(prefix, text string) (faults []error) {
	for line := range strings.Lines(text) {
		faults = append(faults, errors.New(prefix+strings.TrimSpace(line)))
	}
	return faults
}

// newProofPolicy returns the policy of a configuration that has already been
// checked, or nil if Config.DPoP is nil. skew is the clock skew of the
// Verifier, with defaults applied.
func newProofPolicy(c Config, skew time.Duration) (*proofPolicy, error) {
	if c.DPoP == nil {
		return nil, nil //nolint:nilnil // no policy is not an error
	}
	given, err := c.DPoP.Complete()
	if err != nil {
		return nil, err
	}
	p := &proofPolicy{
		required: given.Required || c.RequireBound && c.ClientCert == nil, algorithms: make(map[string]*jws.Algorithm), names: strings.Join(given.Algorithms, " "),
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

// offers returns the schemes that the challenges of a Verifier offer, in order
// of preference.
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
