package testserver

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// TokenOption changes one token: see [Server.Token]. Options apply in order: of
// two that set the same claim, the later one wins. The option Token of package
// apitest applies token options to all tokens of a check.
type TokenOption interface{ applyToken(*token.Draft) }

// SharedOption is an option that can be given to a server, as the default for
// all its tokens; to a client, for the tokens that it gets from the token
// endpoint; or to one token.
type SharedOption interface {
	Option
	TokenOption
}

// Token returns a signed access token, valid unless options change that. By
// default it has what RFC 9068 §2 requires:
//
//	header  {"alg":"ES256","typ":"at+jwt","kid":…}
//	claims  {"iss":s.Issuer(),"sub":"test-user","aud":"api","exp":now+300,"nbf":now,"iat":now,
//	         "jti":16 random bytes in base64url,"client_id":"test-client"}
//
// and "scope" with [Scope]. Members are in this order; further claims follow in
// the order of their options.
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

// Authorize sets r's Authorization header to "Bearer " and a [Server.Token],
// replacing what was there, and returns r itself.
func (s *Server) Authorize(r *http.Request, opts ...TokenOption) *http.Request {
	s.helper()
	r.Header.Set("Authorization", "Bearer "+s.Token(opts...))
	return r
}

type tokenOption token.Edit

func (o tokenOption) applyToken(d *token.Draft) { o(d) }

// sharedOption is a SharedOption. If it is given to a server, it is applied to
// every draft before other options, and once while the server is set up, to
// report its errors there.
type sharedOption token.Edit

func (o sharedOption) applyToken(d *token.Draft) { o(d) }
func (o sharedOption) applyServer(c *config)     { c.Defaults = append(c.Defaults, token.Edit(o)) }

// Subject sets sub, "test-user" by default.
func Subject(sub string) TokenOption {
	return tokenOption(func(d *token.Draft) { d.Set("sub", sub) })
}

// ForClient sets client_id, "test-client" by default. It does not change the
// subject. In a token of the client credentials grant the subject is the client
// (RFC 9068 §2.2): add Subject(id) for such a token.
func ForClient(id string) TokenOption {
	return tokenOption(func(d *token.Draft) { d.SetClient(id) })
}

// Scope sets the scope claim to the scopes, separated by one space (RFC 9068
// §2.2.3, RFC 6749 §3.3), and replaces earlier scopes. Without arguments the
// token has no scope claim, which is the default. Text that is not allowed in a
// scope is an error: use [Claim] for it.
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

// Audience sets aud, "api" by default: a string for one audience, an array for
// several (RFC 7519 §4.1.3). For a token without an audience use
// Without("aud").
func Audience(aud ...string) SharedOption {
	return sharedOption(func(d *token.Draft) {
		if len(aud) == 0 {
			d.Fail(errors.New(`Audience() is empty: give an audience, or Without("aud") to a token`))
			return
		}
		d.SetAudience(aud)
	})
}

// AccessTTL sets how long access tokens are valid: by default five minutes if
// they are minted in process, and fifteen from the token endpoint. It must be
// at least a second, the unit of exp. For an expired token use [ExpiresIn].
func AccessTTL(ttl time.Duration) SharedOption {
	return sharedOption(func(d *token.Draft) {
		if ttl < time.Second {
			d.Fail(fmt.Errorf("AccessTTL(%v): give a second or more, or ExpiresIn to a token", ttl))
		}
		d.SetTime("exp", ttl)
	})
}

// SigningAlg sets the algorithm, ES256 by default. If it is given to a server,
// it also applies to [Server.SigningKey] and [Server.Rotate]. If it is given to
// one token, the server makes and publishes a key for the algorithm at its
// first use, so that one server can sign with several algorithms. The HS
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
// token. exp is in whole seconds.
func ExpiresIn(d time.Duration) TokenOption {
	return tokenOption(func(t *token.Draft) { t.SetTime("exp", d) })
}

// Claim sets any claim to any value that encoding/json can write, even one of
// the wrong type: Claim("exp", "tomorrow"). A [json.RawMessage] is written
// unchanged except for white space; nil is null. A [time.Time] is written as a
// NumericDate in whole seconds (RFC 7519 §2).
//
// A name that begins with a slash is a JSON Pointer (RFC 6901) into the claims:
// Claim("/realm_access/roles", []string{"admin"}). Missing objects on the path
// are created; existing ones keep their other members. A pointer through any
// other value is an error.
func Claim(name string, v any) TokenOption {
	if at, ok := v.(time.Time); ok {
		v = at.Unix()
	}
	return tokenOption(func(d *token.Draft) { d.SetAt(name, v) })
}

// Without removes claims, whether the server or an earlier option set them.
// They are named as for [Claim].
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

// Typ sets the typ header parameter, "at+jwt" by default (RFC 9068 §2.1);
// "" leaves it out.
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
