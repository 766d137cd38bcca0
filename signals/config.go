package signals

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/revoke"
)

// Config is the configuration of a receiver.
type Config struct {
	// Verifier verifies the messages. Only its issuers may send them. Usually
	// it is the verifier of the access tokens. A transmitter that issues no
	// access tokens for the API needs a separate verifier. Do not add such a
	// transmitter to the issuers of the verifier of the access tokens.
	//
	// exp, nbf and iat are checked with the clock and skew of the Verifier. The
	// age of a logout token without exp, and the expiry of revocations, are
	// checked with the clock of the machine. Verifier is required.
	Verifier *middleware.Verifier

	// List receives the revocations. It is required. Usually it is the list in
	// the Revocations field of the Verifier's configuration.
	List *revoke.List

	// Audiences are the accepted values of aud. At least one is required. The
	// aud of a message must contain at least one of them. In a logout token,
	// aud is the client from which the user is logged out (OpenID Connect
	// Back-Channel Logout 1.0 §2.4), not the API. In a security event, it is
	// the transmitter's name for this receiver (SSF 1.0 §4.1.8).
	Audiences []string

	// TokenLifetime is the longest lifetime of an access token. It is required,
	// and at most 366 days. A revocation expires this long after its message
	// was issued. If TokenLifetime is too short, the revocation expires before
	// the revoked token, and the token is accepted again until it expires.
	TokenLifetime time.Duration

	// Authorization is the value of the Authorization header field that the
	// transmitter of security events sends (SSF 1.0 §6.1.1), such as "Bearer
	// d5a2…". If it is "", the field is not checked. Logout never checks the
	// field, because a logout token is authenticated only by its signature.
	Authorization string

	// Logger receives a record when an outage begins, when its reason changes,
	// and when it ends. Refusals are logged at the level Debug. nil means the
	// logger that [slog.Default] returns when the receiver is made. Log records
	// contain no part of a message.
	Logger *slog.Logger
}

const maxTokenLifetime = 366 * 24 * time.Hour

// check returns every fault of the configuration.
func (c Config) check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf("signals: "+format, args...)) }

	if _, _, err := c.Verifier.VerifySignal(context.Background(), ""); errors.Is(err, middleware.ErrInternal) {
		fault("Verifier is missing: it must come from middleware.NewVerifier")
	}
	if c.List.Add(context.Background()) != nil {
		fault("List is missing: it must come from revoke.New")
	}
	if len(c.Audiences) == 0 || slices.Contains(c.Audiences, "") {
		fault("Audiences must contain at least one aud, and none may be empty: list the values of aud in messages to this receiver, such as the client ID for logout tokens")
	}
	if c.TokenLifetime <= 0 || c.TokenLifetime > maxTokenLifetime {
		fault("TokenLifetime must be the longest lifetime of an access token, and at most %v", maxTokenLifetime)
	}
	isUnfit := func(r rune) bool { return r < ' ' || r > '~' }
	if strings.TrimSpace(c.Authorization) != c.Authorization || strings.ContainsFunc(c.Authorization, isUnfit) {
		fault("Authorization must be the value of a header field: printable ASCII, without spaces around it")
	}
	return errors.Join(faults...)
}

// newReceiver returns the receiver r with a copy of the configuration. The
// error lists every fault of the configuration.
func newReceiver(config Config, r *receiver) (http.Handler, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	config.Audiences = slices.Clone(config.Audiences)
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	r.Config = config
	return r, nil
}
