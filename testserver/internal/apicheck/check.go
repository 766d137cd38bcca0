package apicheck

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Issuer is the authorization server that the API trusts, as a check uses it.
type Issuer struct {
	Mint     func(token.Edit) (string, error) // makes a token, good unless the edit spoils it
	Token    token.Edit                       // what the API asks of all tokens
	Trap     http.Handler                     // answers for an attacker, where the URLs in tokens lead
	Fetches  func() int                       // of the JWKS until now
	InMemory bool                             // the API is not served on a socket, and no trap is set
}

// Check is what to send to an API.
type Check struct {
	Issuer Issuer

	// Request makes a request that the API answers with 2xx when the token is right.
	Request func() *http.Request

	Scopes     []string           // that the route needs, all of them
	Claims     []Claim            // with values that the route needs, all of them
	ACR        []string           // authentication contexts, one of which the route needs, the preferred one first
	AuthWithin time.Duration      // how long ago the login may be; 0 means any time
	Metadata   bool               // whether the API has metadata (RFC 9728)
	Skip, Also []catalogue.Defect // defects to leave out, and to add to those that every API must refuse
}

// Faults reports all that is wrong with the check, by the names of the options that
// it comes from.
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
	errs = append(errs, c.loginFaults())
	for _, name := range c.Skip {
		errs = append(errs, known("SkipDefect", name))
	}
	for _, name := range c.Also {
		errs = append(errs, known("AlsoDefect", name))
	}
	return errors.Join(errs...)
}

func known(option string, defect catalogue.Defect) error {
	if _, ok := token.FindDefect(defect); !ok {
		return fmt.Errorf("%s(%q): there is no such defect: use one of %s", option, string(defect), token.DefectNames())
	}
	return nil
}

// mint makes a token of the check: the edits come after what the user asked for.
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
