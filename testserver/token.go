package testserver

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// TokenOption changes one token: see [Server.Token]. Options apply in order. If
// two options set the same claim, the later option applies. To apply token
// options to all tokens of an API check, pass them to the function Token of
// package apitest.
type TokenOption interface{ applyToken(*token.Draft) }

// SharedOption is an option for a server, a client or one token. As an option
// of a server, it is the default for all tokens of the server. As an option of
// a client, it applies to the tokens that the client gets from the token
// endpoint.
type SharedOption interface {
	Option
	TokenOption
}

// Token returns a signed access token, which is valid unless options make it
// invalid. By default it has the header parameters and claims that RFC 9068 §2
// requires, and also kid and nbf:
//
//	header  {"alg":"ES256","typ":"at+jwt","kid":…}
//	claims  {"iss":s.Issuer(),"sub":"test-user","aud":"api","exp":now+300,"nbf":now,"iat":now,
//	         "jti":16 random bytes in base64url,"client_id":"test-client"}
//
// The option [Scope] adds "scope". Members are in this order; further claims
// follow in the order of their options.
//
// A JWT is not stored: the server recognizes any number of JWTs by their
// signature. With [OpaqueTokens] the token is a handle instead.
func (s *Server) Token(opts ...TokenOption) string {
	s.helper()
	t, err := s.mint(opts)
	if err != nil {
		s.fail("Token: %v", err)
	}
	return t
}

func (s *Server) mint(opts []TokenOption) (string, error) {
	return s.oauth.Mint(editBy(opts))
}

func editBy(opts []TokenOption) token.Edit {
	return func(d *token.Draft) {
		for i, o := range opts {
			if o == nil {
				d.Fail(fmt.Errorf("option %d is nil: leave it out", i+1))
				continue
			}
			o.applyToken(d)
		}
	}
}

// Authorize sets the Authorization header of r to "Bearer " and a
// [Server.Token]. It replaces any earlier value, and returns r itself.
func (s *Server) Authorize(r *http.Request, opts ...TokenOption) *http.Request {
	s.helper()
	r.Header.Set("Authorization", "Bearer "+s.Token(opts...))
	return r
}

type tokenOption token.Edit

func (o tokenOption) applyToken(d *token.Draft) { o(d) }

// sharedOption is a SharedOption. A server applies its shared options to the
// draft of every access token before other options. It also applies them during
// setup, so that invalid values are reported during setup.
type sharedOption token.Edit

func (o sharedOption) applyToken(d *token.Draft) { o(d) }
func (o sharedOption) applyServer(c *config)     { c.Defaults = append(c.Defaults, token.Edit(o)) }

// Subject sets sub, which is "test-user" by default.
func Subject(sub string) TokenOption {
	return tokenOption(func(d *token.Draft) { d.Set("sub", sub) })
}

// ForClient sets client_id, which is "test-client" by default. It does not
// change the subject. In a token from the client credentials grant, the subject
// is the client (RFC 9068 §2.2). To imitate a token from this grant, add
// Subject(id).
func ForClient(id string) TokenOption {
	return tokenOption(func(d *token.Draft) { d.SetClient(id) })
}

// Scope sets the scope claim to the scopes, separated by one space (RFC 9068
// §2.2.3, RFC 6749 §3.3), and replaces earlier scopes. Without arguments the
// token has no scope claim, which is the default. Text that is not allowed in a
// scope is an error: for a malformed scope claim, use [Claim].
func Scope(scopes ...string) SharedOption {
	return sharedOption(func(d *token.Draft) {
		for _, scope := range scopes {
			if err := registry.CheckScope(scope); err != nil {
				d.Fail(fmt.Errorf(`Scope: %w; for a malformed claim use Claim("scope", …)`, err))
			}
		}
		d.SetScopes(scopes)
	})
}

// Audience sets aud, which is "api" by default. A single audience is written as
// a string, and several audiences are written as an array (RFC 7519 §4.1.3).
// For a token without an audience use Without("aud").
func Audience(aud ...string) SharedOption {
	return sharedOption(func(d *token.Draft) {
		if len(aud) == 0 {
			d.Fail(errors.New(`Audience() is empty: give an audience; for a token without an audience use Without("aud")`))
			return
		}
		d.SetAudience(aud)
	})
}

// AccessTTL sets how long access tokens are valid. The default is five minutes
// for tokens minted in process, and fifteen minutes for tokens from the token
// endpoint. The ttl must be at least one second, because exp is in whole
// seconds. For an expired token use [ExpiresIn].
func AccessTTL(ttl time.Duration) SharedOption {
	return sharedOption(func(d *token.Draft) {
		if ttl < time.Second {
			d.Fail(fmt.Errorf("AccessTTL(%v): must be at least 1s. For an expired token, use ExpiresIn", ttl))
		}
		d.SetTime("exp", ttl)
	})
}

// SigningAlg sets the signing algorithm. The default is ES256. As an option of
// a server, it also applies to [Server.SigningKey] and [Server.Rotate]. As an
// option of one token, it lets one server sign with several algorithms: the
// server makes and publishes a key when the algorithm is first used. The HS
// algorithms sign with a secret that is never published: see [Key].
func SigningAlg(alg Alg) SharedOption {
	return sharedOption(func(d *token.Draft) {
		if err := token.CheckAlg(alg); err != nil {
			d.Fail(err)
		}
		d.Alg, d.Key = alg, nil
	})
}

// ExpiresIn sets exp to the server's time plus d; a negative d makes an expired
// token. exp is rounded down to whole seconds.
func ExpiresIn(d time.Duration) TokenOption {
	return tokenOption(func(t *token.Draft) { t.SetTime("exp", d) })
}

// Claim sets any claim to any value that encoding/json can write, even to a
// value of the wrong type: Claim("exp", "tomorrow"). A [json.RawMessage] is
// written unchanged except for white space; nil is written as null. A
// [time.Time] is written as a NumericDate in whole seconds (RFC 7519 §2).
//
// A name that begins with a slash is a JSON Pointer (RFC 6901) into the claims:
// Claim("/realm_access/roles", []string{"admin"}). Missing objects on the path
// are created; existing objects keep their other members. If the path leads
// through a value that is not an object, the option is an error.
func Claim(name string, v any) TokenOption {
	if at, ok := v.(time.Time); ok {
		v = at.Unix()
	}
	return tokenOption(func(d *token.Draft) { d.SetAt(name, v) })
}

// Without removes claims that the server or an earlier option has set. As for
// [Claim], a name may be a JSON Pointer.
func Without(claims ...string) TokenOption {
	return tokenOption(func(d *token.Draft) {
		for _, c := range claims {
			d.DeleteAt(c)
		}
	})
}

// JOSEHeader sets any header parameter (RFC 7515 §4). An alg or kid changes
// only the header: [SignedWith] and [SigningAlg] select the key.
func JOSEHeader(name string, v any) TokenOption {
	return tokenOption(func(d *token.Draft) {
		d.ForJWT("JOSEHeader")
		d.SetHeader(name, v)
	})
}

// Typ sets the typ header parameter, which is "at+jwt" by default (RFC 9068
// §2.1); "" leaves the parameter out.
func Typ(typ string) TokenOption {
	return tokenOption(func(d *token.Draft) {
		d.ForJWT("Typ")
		if typ == "" {
			d.Header.Delete("typ")
			return
		}
		d.SetHeader("typ", typ)
	})
}

// SignedWith signs the token with k instead of the server's key, and uses the
// algorithm and ID of k. If the ID is empty, the token has no kid. The JWKS
// does not change: see [Server.Publish].
func SignedWith(k Key) TokenOption {
	return tokenOption(func(d *token.Draft) {
		d.ForJWT("SignedWith")
		if err := token.CheckKey(k); err != nil {
			d.Fail(err)
		}
		d.Key = &k
	})
}
