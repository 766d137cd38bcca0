package signals

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/bearerguard/bearerguard/internal/strictjson"
)

const (
	formType = "application/x-www-form-urlencoded"

	// logoutEvent is the JSON Pointer to the member
	// http://schemas.openid.net/event/backchannel-logout of events.
	logoutEvent = "/http:~1~1schemas.openid.net~1event~1backchannel-logout"

	// maxAgeWithoutExpiry is the maximum age of a logout token without exp.
	maxAgeWithoutExpiry = 10 * time.Minute
)

// Logout returns the handler for the backchannel_logout_uri of a client (OpenID
// Connect Back-Channel Logout 1.0 §2.2). The error lists every fault of the
// configuration.
//
// A logout token without sid revokes the tokens of the user (sub). A logout
// token with sid revokes the tokens of this session. It also revokes those
// tokens of the user that do not contain a sid. In both cases, only tokens that
// were issued at or before the iat of the logout token are revoked, and tokens
// without iat.
//
// The token is validated as in §2.6. "typ" may also be "JWT" or absent, as §2.4
// allows for servers that are older than the explicit type. exp has been
// required since 2022, but Ory Hydra 2.3 omits it. A token without exp is
// therefore accepted for ten minutes after its iat. The jti is required, but is
// not stored. A repeated token revokes nothing new, and is acknowledged again.
//
// The response is 200, or 400 with a JSON object with the members error and
// error_description (§2.8). It is 503 with Retry-After if the sender must
// repeat the request. A wrong method, a wrong Content-Type, a body that is too
// long and an internal error have the responses 405, 415, 413 and 500.
func Logout(config Config) (http.Handler, error) {
	return newReceiver(config, &receiver{
		name: "logout", mediaType: formType, accepted: http.StatusOK, receive: (*receiver).logOut,
		refused: func(_ code, description string) any {
			return struct {
				Error       code   `json:"error"`
				Description string `json:"error_description"`
			}{invalidRequest, description}
		},
	})
}

func (rc *receiver) logOut(ctx context.Context, body string) *refusal {
	form, err := url.ParseQuery(body)
	tokens := form["logout_token"]
	if err != nil || len(tokens) != 1 {
		return refuse(invalidRequest, "the body must contain exactly one logout_token")
	}
	m, refused := rc.verify(ctx, tokens[0], "logout+jwt", "JWT", "")
	if refused != nil {
		return refused
	}
	users, sessions := m.texts("sub"), m.texts("sid")
	_, hasNonce := m.claims["nonce"]
	switch {
	case strictjson.Lookup(m.events, logoutEvent).Kind() != '{':
		return refuse(invalidRequest, "events does not contain the logout event")
	case hasNonce: // a token with a nonce could be used as an ID token (§2.4)
		return refuse(invalidRequest, "nonce is not allowed")
	case len(users)+len(sessions) == 0, len(sessions) == 0 && m.has("sid"):
		return refuse(invalidRequest, "sub and sid are missing, or of another type")
	case !m.has("exp") && time.Since(m.issuedAt) > maxAgeWithoutExpiry:
		return refuse(invalidRequest, "exp is missing, and iat is too old")
	}
	return rc.revoke(ctx, rc.ended(m, users, sessions))
}
