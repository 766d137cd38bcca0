package oauth

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/testserver/internal/identity"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// userinfo is the UserInfo endpoint (OpenID Connect Core 1.0 §5.3), which is a
// resource server (RFC 6750).
func (s *Server) userinfo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	access, failed := bearer(r)
	if failed != nil {
		failed.challengeBearer(w)
		return
	}
	a, ok := s.active(access)
	if !ok {
		(&failure{status: http.StatusUnauthorized, code: invalidToken, description: "the access token is invalid"}).challengeBearer(w)
		return
	}
	if want, bound := token.BoundCertificate(a.Claims); bound && (want == "" || want != presentedThumbprint(r)) {
		(&failure{status: http.StatusUnauthorized, code: invalidToken, description: "the access token is bound to a certificate that the request does not present (RFC 8705 section 3): use the userinfo_endpoint of mtls_endpoint_aliases"}).challengeBearer(w)
		return
	}
	scopes, sub := a.Scopes, a.Sub
	if !slices.Contains(scopes, "openid") || sub == "" {
		(&failure{status: http.StatusForbidden, code: insufficientScope, description: "the access token does not have the scope openid"}).challengeBearer(w)
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

// bearer reads the access token of r from the header or from a form (RFC 6750
// §2.1, §2.2). A token in the URL is ignored (RFC 9700 §4.3.2).
func bearer(r *http.Request) (string, *failure) {
	fields := r.Header.Values("Authorization")
	var inForm string
	if r.Method == http.MethodPost && journal.IsForm(r) {
		form, failed := readForm(r)
		if failed != nil {
			return "", failed
		}
		inForm = form.Get("access_token")
	}
	switch {
	case len(fields) > 1 || len(fields) == 1 && inForm != "":
		return "", invalidRequest("the request has more than one access token")
	case inForm != "":
		return inForm, nil
	case len(fields) == 0:
		return "", &failure{status: http.StatusUnauthorized} // without credentials, the response has no error code (RFC 6750 §3.1)
	}
	scheme, access, _ := strings.Cut(fields[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", &failure{status: http.StatusUnauthorized}
	}
	if access = strings.TrimLeft(access, " "); access == "" {
		return "", invalidRequest("the access token is empty")
	}
	return access, nil
}

// challengeBearer sends the failure with a Bearer challenge, as a resource
// server does (RFC 6750 §3).
func (f *failure) challengeBearer(w http.ResponseWriter) {
	challenge := `Bearer realm="testserver"`
	if f.code != "" {
		challenge += `, error="` + f.code + `", error_description="` + f.description + `"`
	}
	if f.code == insufficientScope {
		challenge += `, scope="openid"`
	}
	w.Header().Set("WWW-Authenticate", challenge)
	w.WriteHeader(f.status)
}
