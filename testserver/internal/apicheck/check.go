package apicheck

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Issuer is the authorization server that the API trusts.
type Issuer struct {
	Mint     func(token.Edit) (string, error) // makes a token, valid unless the edit adds a defect
	Token    token.Edit                       // changes each token as the API requires
	Trap     http.Handler                     // the attacker's server; some bad tokens contain its URLs
	Fetches  func() int                       // the number of fetches of the JWKS so far
	Now      func() time.Time                 // the clock of the server and of the DPoP client
	InMemory bool                             // true if the API is served in memory; Trap is then unused

	// Certificate makes a certificate of a client. The server's CA signs it.
	Certificate func(template *x509.Certificate) (tls.Certificate, error)
}

// Check is the configuration for checking an API.
type Check struct {
	Issuer Issuer

	// Request makes a request that the API answers with 2xx if the token is
	// valid.
	Request func() *http.Request

	Scopes      []string           // the route requires all of them
	Claims      []Claim            // the route requires all of them
	ACR         []string           // the route requires one of these authentication contexts; preferred first
	AuthWithin  time.Duration      // how long ago the login may be; 0 means any time
	Metadata    bool               // whether the API has metadata (RFC 9728)
	DPoP        bool               // whether tokens are bound to a key and sent with proofs (RFC 9449)
	Origin      string             // the public URL of the API; "" means the URL that the check requests
	ClientCert  bool               // whether tokens are bound to the client's certificate (RFC 8705)
	Certificate *tls.Certificate   // the certificate to bind to; nil means a new one from Issuer.Certificate
	Skip, Also  []catalogue.Defect // Skip: defects to leave out; Also: defects to add to the default list
}

// Faults returns all errors in the configuration. Each error names the option
// that set the wrong value, or the option that is missing.
func (c *Check) Faults() error {
	var errs []error
	for _, scope := range c.Scopes {
		if err := registry.CheckScope(scope); err != nil {
			errs = append(errs, fmt.Errorf("RequireScope: %w", err))
		}
	}
	for _, need := range c.Claims {
		errs = append(errs, need.faults())
	}
	errs = append(errs, c.loginFaults(), c.originFaults(), c.certificateFaults())
	for _, name := range c.Skip {
		errs = append(errs, c.known("SkipDefect", name))
	}
	for _, name := range c.Also {
		errs = append(errs, c.known("AlsoDefect", name))
	}
	return errors.Join(errs...)
}

func (c *Check) known(option string, defect catalogue.Defect) error {
	if _, ok := token.FindDefect(defect); ok && !defect.IsSignalDefect() {
		return nil
	}
	names := token.DefectNames()
	if c.DPoP {
		names += ", " + token.ProofDefectNames()
	}
	if c.ClientCert {
		names += ", " + token.CertificateDefectNames()
	}
	return fmt.Errorf("%s: %q: unknown defect; use one of %s", option, string(defect), names)
}

// mint makes a token that meets the requirements of the check, and then applies
// the edits. It does not bind the token: the mint method of run does that for
// DPoP and ClientCert.
func (c *Check) mint(edits ...token.Edit) (string, error) {
	return c.Issuer.Mint(func(d *token.Draft) {
		if len(c.Scopes) > 0 {
			d.SetScopes(c.Scopes)
		}
		c.Issuer.Token(d)
		for _, need := range c.Claims {
			need.carried()(d)
		}
		c.login(d)
		for _, edit := range edits {
			edit(d)
		}
	})
}
