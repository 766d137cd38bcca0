package oauth

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/dpop"
	"github.com/bearerguard/bearerguard/testserver/internal/identity"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// userinfo serves the UserInfo endpoint (OpenID Connect Core 1.0 §5.3). The
// endpoint checks access tokens as a resource server does (RFC 6750, RFC 9449
// §7).
func (s *Server) userinfo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	s.offerNonce(w.Header())
	scheme, access, failed := credentials(r, bearerScheme, dpopScheme)
	if failed != nil {
		failed.challengeAs(w, scheme)
		return
	}
	a, ok := s.active(access)
	if !ok {
		unauthorized("the access token is invalid").challengeAs(w, scheme)
		return
	}
	if failed := s.checkKey(r, scheme, access, a.Claims); failed != nil {
		failed.challengeAs(w, dpopScheme)
		return
	}
	_, boundToKey := token.BoundKey(a.Claims)
	want, bound := token.BoundCertificate(a.Claims)
	switch {
	case a.Claims.Find("cnf") >= 0 && !bound && !boundToKey:
		unauthorized("the access token has a cnf that this endpoint cannot check (RFC 7800 section 3.1)").challengeAs(w, scheme)
		return
	case bound && (want == "" || want != presentedThumbprint(r)):
		unauthorized("the access token is bound to a certificate that the request does not present (RFC 8705 section 3): use the userinfo_endpoint of mtls_endpoint_aliases").challengeAs(w, scheme)
		return
	}
	scopes, sub := a.Scopes, a.Sub
	if !slices.Contains(scopes, "openid") || sub == "" {
		(&failure{status: http.StatusForbidden, code: insufficientScope, description: "the access token does not have the scope openid"}).challengeAs(w, scheme)
		return
	}
	f := s.grants.Family(token.Identify(access))
	body := map[string]any{}
	if u, ok := s.Registry.User(sub); ok {
		body = identity.Visible(u.Claims, scopes, requestedClaims(f.Claims).UserInfo)
	}
	body["sub"] = sub // always the sub of the token (§5.3.2)
	media, text, err := s.userInfoResponse(a.Client, body)
	if err != nil {
		http.Error(w, "the UserInfo response could not be encoded or signed", http.StatusInternalServerError)
		return
	}
	s.note(event{Kind: journal.Used, ClientID: a.Client, Sub: sub, Family: f.ID, Scopes: scopes, Fingerprint: journal.Fingerprint(access)})
	sendText(w, http.StatusOK, media, text)
}

// userInfoResponse encodes claims in the format that the client has registered:
// as JSON or as a signed JWT (OpenID Connect Core 1.0 §5.3.2).
func (s *Server) userInfoResponse(client string, claims map[string]any) (media string, text []byte, err error) {
	c, known := s.Registry.Client(client)
	if !known || c.Algs.UserInfo == "" {
		text, err = json.Marshal(claims)
		return "application/json", text, err
	}
	d := s.responseDraft("JWT", c.Algs.UserInfo, c.ID)
	for _, name := range slices.Sorted(maps.Keys(claims)) {
		if name != "iss" && name != "aud" {
			d.Set(name, claims[name])
		}
	}
	signed, err := s.Sign(d)
	return "application/jwt", []byte(signed), err
}

// These are the authentication schemes for access tokens.
const (
	bearerScheme = "Bearer" // RFC 6750 §2.1
	dpopScheme   = "DPoP"   // RFC 9449 §7.1
)

// credentials reads the scheme and the access token of r from the header or
// from a form (RFC 6750 §2.1, §2.2). It ignores a token in the URL (RFC 9700
// §4.3.2). If r has several tokens, or if no token in r has one of the given
// schemes, credentials returns a failure and the scheme "".
func credentials(r *http.Request, schemes ...string) (scheme, access string, failed *failure) {
	fields := r.Header.Values("Authorization")
	var inForm string
	if r.Method == http.MethodPost && journal.IsForm(r) {
		form, failed := readForm(r)
		if failed != nil {
			return "", "", failed
		}
		inForm = form.Get("access_token")
	}
	switch {
	case len(fields) > 1 || len(fields) == 1 && inForm != "":
		return "", "", invalidRequest("the request has more than one access token")
	case inForm != "":
		return bearerScheme, inForm, nil
	case len(fields) == 0:
		return "", "", &failure{status: http.StatusUnauthorized} // without credentials, the response has no error code (RFC 6750 §3.1)
	}
	sent, access, _ := strings.Cut(fields[0], " ")
	i := slices.IndexFunc(schemes, func(known string) bool { return strings.EqualFold(sent, known) })
	if i < 0 {
		return "", "", &failure{status: http.StatusUnauthorized}
	}
	if access = strings.TrimLeft(access, " "); access == "" {
		return schemes[i], "", invalidRequest("the access token is empty")
	}
	return schemes[i], access, nil
}

// checkKey checks the binding of the access token to a DPoP key (RFC 9449 §7.1,
// §7.2). If the token is bound, the request must use the scheme DPoP and prove
// that the client has the key. If the token is not bound, the request must use
// the scheme Bearer.
func (s *Server) checkKey(r *http.Request, scheme, access string, claims token.Object) *failure {
	key, bound := token.BoundKey(claims)
	switch {
	case bound && scheme == bearerScheme:
		return unauthorized("the access token is bound to a DPoP key: use the scheme DPoP, and send a proof (RFC 9449 section 7.2)")
	case !bound && scheme == dpopScheme:
		return unauthorized("the access token is not bound to a DPoP key: use the scheme Bearer (RFC 9449 section 7.1)")
	case !bound:
		return nil
	}
	proof, failed := s.checkProof(r, catalogue.UserInfo, access)
	switch {
	case failed != nil:
	case proof.Key == "":
		failed = invalidProof("the request has no DPoP field: expected a proof (RFC 9449 section 7.1)")
	case proof.Key != key:
		failed = invalidProof("the key of the DPoP proof is not the key that the access token is bound to (RFC 9449 section 4.3)")
	default:
		failed = s.useProof(proof)
	}
	if failed != nil {
		failed.status = http.StatusUnauthorized
	}
	return failed
}

func unauthorized(description string) *failure {
	return &failure{status: http.StatusUnauthorized, code: invalidToken, description: description}
}

// challengeAs responds with the failure and with a challenge for scheme, as a
// resource server does (RFC 6750 §3, RFC 9449 §7.1). If scheme is "", the
// response has two challenges: one for Bearer and one for DPoP.
func (f *failure) challengeAs(w http.ResponseWriter, scheme string) {
	var reason string
	if f.code != "" {
		reason = `, error="` + f.code + `", error_description="` + f.description + `"`
	}
	if f.code == insufficientScope {
		reason += `, scope="openid"`
	}
	if scheme != dpopScheme {
		w.Header().Add("WWW-Authenticate", `Bearer realm="testserver"`+reason)
	}
	if scheme != bearerScheme {
		w.Header().Add("WWW-Authenticate", `DPoP realm="testserver", algs="`+strings.Join(catalogue.Names(dpop.Algs), " ")+`"`+reason)
	}
	w.WriteHeader(f.status)
}
