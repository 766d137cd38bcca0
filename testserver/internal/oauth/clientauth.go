package oauth

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/dpop"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/mtls"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// clientAuth authenticates clients (RFC 6749 §2.3).
type clientAuth struct{ *Server }

const basicChallenge = `Basic realm="testserver", charset="UTF-8"`

// authenticate returns the client that sent r (RFC 6749 §2.3). A client
// authenticates with HTTP Basic, with parameters in the body, with an assertion
// or with its certificate. A public client sends only its client_id.
func (s clientAuth) authenticate(r *http.Request, form url.Values) (*registry.Registered, *failure) {
	fields := r.Header.Values("Authorization")
	id, secret, assertion := form.Get("client_id"), form.Get("client_secret"), form.Has("client_assertion")
	named, _ := s.Registry.Client(id)
	byCertificate := named != nil && named.AuthMethod.ByCertificate()
	presented := byCertificate && len(mtls.Presented(r)) > 0 // for other clients, a certificate only binds the tokens
	switch {
	case len(fields) > 1:
		return nil, invalidRequest("the Authorization field is repeated")
	case len(fields) == 1 && (secret != "" || assertion || presented), secret != "" && (assertion || presented), assertion && presented:
		return nil, invalidRequest("the client uses more than one authentication method") // RFC 6749 §2.3
	case len(fields) == 1:
		return s.basic(fields[0], id)
	case assertion:
		return s.byAssertion(form)
	case secret != "":
		c, ok := s.Registry.Authenticate(id, secret)
		if failed := checkAuthenticated(c, ok, catalogue.ClientSecretPost, false); failed != nil {
			return nil, failed
		}
		return c, nil
	}
	switch {
	case byCertificate:
		if failed := s.checkCertificate(r, named); failed != nil {
			return nil, failed
		}
	case named == nil || !named.Public:
		return nil, invalidClient("client authentication is missing", false)
	}
	return named, nil
}

// identify returns the client that sent a token request. In a jwt-bearer
// request, the assertion authenticates the client that signed it. Other client
// authentication is then optional (RFC 7521 §4.1), unless the client is
// registered for a method other than private_key_jwt.
func (s clientAuth) identify(r *http.Request, form url.Values) (*registry.Registered, *failure) {
	named, known := s.Registry.Client(form.Get("client_id"))
	if catalogue.Grant(form.Get("grant_type")) != catalogue.JWTBearer || len(r.Header.Values("Authorization")) > 0 || form.Has("client_secret") || form.Has("client_assertion") ||
		known && named.AuthMethod.ByCertificate() {
		return s.authenticate(r, form)
	}
	if !form.Has("assertion") {
		return nil, noAssertion()
	}
	c, _, ok := s.readAssertion(form.Get("assertion"))
	if !ok || !c.By(catalogue.PrivateKeyJWT) || form.Has("client_id") && form.Get("client_id") != c.ID {
		return nil, notTaken()
	}
	return c, nil
}

// confidential does the same as authenticate, but refuses public clients.
func (s clientAuth) confidential(r *http.Request, form url.Values) (*registry.Registered, *failure) {
	c, failed := s.authenticate(r, form)
	if failed == nil && c.Public {
		return nil, invalidClient("client authentication is missing", false)
	}
	return c, failed
}

// basic authenticates a client with the Basic credentials in an Authorization
// field. If the client_id in the form (named) is not "", it must be the client
// ID in the credentials.
func (s clientAuth) basic(field, named string) (*registry.Registered, *failure) {
	scheme, credentials, _ := strings.Cut(field, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return nil, invalidClient("the Authorization field does not use the scheme Basic", true)
	}
	pair, err := base64.StdEncoding.Strict().DecodeString(strings.TrimLeft(credentials, " "))
	first, second, found := strings.Cut(string(pair), ":")
	// The ID and the secret are decoded after the split at the colon, because
	// either can contain an encoded colon (RFC 6749 §2.3.1).
	id, idErr := url.QueryUnescape(first)
	secret, secretErr := url.QueryUnescape(second)
	if err != nil || !found || idErr != nil || secretErr != nil {
		return nil, invalidClient("the Basic credentials are not a form-encoded ID and secret in base64", true)
	}
	c, ok := s.Registry.Authenticate(id, secret)
	if failed := checkAuthenticated(c, ok, catalogue.ClientSecretBasic, true); failed != nil {
		return nil, failed
	}
	if named != "" && named != id {
		return nil, invalidRequest("client_id is not the ID of the authenticated client")
	}
	return c, nil
}

// checkAuthenticated returns a failure if the credentials are wrong (ok is
// false), or if the client is not registered for the method in the parameter
// by. Only a caller with the right secret learns that the method is wrong.
func checkAuthenticated(c *registry.Registered, ok bool, by catalogue.AuthMethod, challenge bool) *failure {
	switch {
	case !ok:
		return invalidClient("no client is registered with this ID and secret", challenge)
	case !c.By(by):
		return invalidClient("the client is registered for "+string(c.AuthMethod)+", but used "+string(by), challenge)
	}
	return nil
}

// checkCertificate returns a failure unless r presents the certificate that the
// client is registered with (RFC 8705 §2).
func (s clientAuth) checkCertificate(r *http.Request, c *registry.Registered) *failure {
	chain, now := mtls.Presented(r), s.Clock.Now()
	switch {
	case len(chain) == 0 && s.config.MTLSPort == "":
		return invalidClient("the client is registered for "+string(c.AuthMethod)+", which needs TLS, and this server speaks plain HTTP: start it with TLS, or register the client for another method", false)
	case len(chain) == 0:
		return invalidClient("the client is registered for "+string(c.AuthMethod)+", and the request has no certificate: send the request with the client's certificate to the URL of this endpoint in mtls_endpoint_aliases", false)
	case !mtls.IsTimely(chain[0], now):
		return invalidClient("the certificate of the client has expired, or is not valid yet", false)
	case c.AuthMethod == catalogue.SelfSignedTLS && !mtls.IsRegistered(chain[0], c.Keys):
		return invalidClient("the certificate of the client is not in its jwks: expected a key with this certificate as x5c, or with its public key", false)
	case c.AuthMethod == catalogue.SelfSignedTLS:
		return nil
	}
	ca, err := s.ClientCA()
	if err != nil {
		return serverError()
	}
	switch mtls.Verify(chain, append(slices.Clone(s.config.ClientCAs), ca.Certificate), now) {
	case mtls.Trusted:
	case mtls.Untimely:
		return invalidClient("a CA of the client's certificate has expired, or is not valid yet", false)
	case mtls.Unknown:
		return invalidClient("the certificate of the client is not issued by a CA that the server trusts for clients: expected the server's own CA, or a CA in the configuration of the server", false)
	default:
		return invalidClient("the certificate of the client, or a CA in its chain, is not permitted for client authentication: expected the extended key usage clientAuth, and CAs that may issue the certificate", false)
	}
	for _, n := range c.TLS.Names() {
		if *n.Value != "" && !mtls.IsNamed(chain[0], c.TLS) {
			return invalidClient("the certificate of the client does not match the registered "+n.Member, false)
		}
	}
	return nil
}

// presentedThumbprint returns the x5t#S256 of the certificate that r presents,
// or "".
func presentedThumbprint(r *http.Request) string {
	chain := mtls.Presented(r)
	if len(chain) == 0 {
		return ""
	}
	return mtls.Thumbprint(chain[0])
}

// readCertificate reads the client certificate of a token request. It returns a
// failure if the client is registered for bound tokens and sends no
// certificate. RFC 8705 §3.4 leaves this choice to the server.
func (t *tokenRequest) readCertificate(r *http.Request) *failure {
	t.presented = presentedThumbprint(r)
	if !t.client.TLS.BoundTokens {
		return nil
	}
	if t.bound = t.presented; t.bound == "" {
		return invalidRequest("the client is registered for certificate-bound tokens, and the request has no certificate: send the request with the client's certificate to the URL of this endpoint in mtls_endpoint_aliases")
	}
	return nil
}

// checkProof returns the DPoP proof of a request to ep (RFC 9449 §4.3), or the
// zero Proof if the request has none. The access argument is the access token
// of the request, or "".
func (s *Server) checkProof(r *http.Request, ep catalogue.Endpoint, access string) (dpop.Proof, *failure) {
	p, err := dpop.Request{Method: r.Method, URLs: s.called(r, ep), Token: access, Now: s.Clock.Now(), Nonces: s.nonces()}.Check(r.Header.Values("DPoP"))
	switch {
	case err == nil:
		return p, nil
	case errors.Is(err, dpop.ErrNonce):
		return p, refused("use_dpop_nonce", err.Error())
	}
	return p, invalidProof(err.Error())
}

// useProof records the use of a proof. It returns a failure if the proof was
// used before. Call it only after the client is authenticated or its access
// token is verified, so that nobody else can add entries to the memory.
func (s *Server) useProof(p dpop.Proof) *failure {
	if p.Key == "" || s.grants.Once("dpop\n"+p.ID, s.Clock.Now(), p.Until) { // the names of assertions do not begin this way
		return nil
	}
	return invalidProof("the DPoP proof was used before: expected a new proof, with a new jti, for each request (RFC 9449 section 11.1)")
}

// called returns the URLs of ep that the client may have called. These are the
// URLs whose host is r.Host. If no URL has this host, a proxy may have changed
// the host, and called returns the URLs at all origins of the server.
func (s *Server) called(r *http.Request, ep catalogue.Endpoint) []string {
	all := []string{s.urls[ep]}
	for _, origin := range [...]string{s.origin, s.config.BrowserOrigin, s.config.AliasOrigin} {
		if origin != "" {
			all = append(all, origin+s.paths[ep])
		}
	}
	if alias, ok := s.aliases[ep]; ok {
		all = append(all, alias)
	}
	atHost := slices.DeleteFunc(slices.Clone(all), func(own string) bool {
		u, err := url.Parse(own)
		return err != nil || !strings.EqualFold(u.Host, r.Host)
	})
	if len(atHost) > 0 {
		return atHost
	}
	return all
}

// nonces returns the secret for the nonces of DPoP proofs, or nil if proofs
// need no nonce.
func (s *Server) nonces() dpop.Nonces {
	if !s.config.DPoPNonces {
		return nil
	}
	return s.secret
}

// offerNonce adds the current nonce to the header of a response (RFC 9449
// §8.2).
func (s *Server) offerNonce(h http.Header) {
	if nonces := s.nonces(); nonces != nil {
		h.Set("DPoP-Nonce", nonces.Issue(s.Clock.Now()))
	}
}

// Claims reports whether r contains the client ID id in a place where a client
// can identify itself. It does not authenticate the client, and does not change
// r.
func Claims(r *http.Request, id string) bool {
	if journal.Caller(r) == id || r.URL.Query().Get("client_id") == id {
		return true
	}
	if user, _, ok := r.BasicAuth(); ok {
		name, err := url.QueryUnescape(user)
		return err == nil && name == id
	}
	form := journal.PeekForm(r)
	return form.Get("client_id") == id || asserts(form.Get("client_assertion"), id)
}

// asserts reports whether the subject of a client assertion is id (RFC 7523
// §3).
func asserts(assertion, id string) bool {
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		return false
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return false
	}
	claims, err := token.ParseObject(text)
	if err != nil {
		return false
	}
	sub, _ := claims.Text("sub")
	return sub == id
}
