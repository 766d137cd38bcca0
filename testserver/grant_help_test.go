package testserver_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

const (
	callback = "http://127.0.0.1:4711/callback"
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // from RFC 7636, appendix B
)

func s256(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// values returns a copy of base with changes. The pairs are alternating names
// and values to set. The value "-" removes the name.
func values(base url.Values, pairs ...string) url.Values {
	form := url.Values{}
	for name, v := range base {
		form[name] = v
	}
	for i := 0; i < len(pairs); i += 2 {
		form[pairs[i]] = []string{pairs[i+1]}
		if pairs[i+1] == "-" {
			delete(form, pairs[i])
		}
	}
	return form
}

// authorizationRequest returns the query of an authorization request from the
// public client. The arguments are alternating names and values to set in the
// query. The value "-" removes the parameter with that name.
func authorizationRequest(pairs ...string) url.Values {
	return values(url.Values{
		"response_type": {"code"}, "client_id": {"test-public"}, "redirect_uri": {callback}, "state": {"s"},
		"code_challenge": {s256(verifier)}, "code_challenge_method": {"S256"},
	}, pairs...)
}

// authorize sends an authorization request. It returns the response and the URL
// of the redirect. If the response is not a redirect, the URL is nil.
func authorize(s *testserver.Server, query url.Values) (*httptest.ResponseRecorder, *url.URL) {
	rec := serve(s, "GET", s.Endpoint(testserver.EndpointAuthorize)+"?"+query.Encode())
	to, err := rec.Result().Location()
	if err != nil {
		return rec, nil
	}
	return rec, to
}

// codeFor sends the authorization request of the public client and returns the
// code from the response. The pairs are alternating names and values to set in
// the request.
func codeFor(t testing.TB, s *testserver.Server, pairs ...string) string {
	t.Helper()
	rec, to := authorize(s, authorizationRequest(pairs...))
	if to == nil || to.Query().Get("code") == "" {
		t.Fatalf("got %d %v, want a code", rec.Code, to)
	}
	return to.Query().Get("code")
}

// reply is a response with a JSON object.
type reply struct {
	status int
	header http.Header
	body   map[string]any
}

func (r reply) text(name string) string { s, _ := r.body[name].(string); return s }

// exchange sends a form to the token endpoint, with one Authorization header
// field for each value in auth.
func exchange(t testing.TB, s *testserver.Server, form url.Values, auth ...string) reply {
	t.Helper()
	return formTo(t, s, testserver.EndpointToken, form.Encode(), auth...)
}

func formTo(t testing.TB, s *testserver.Server, ep testserver.Endpoint, body string, auth ...string) reply {
	t.Helper()
	r := httptest.NewRequest("POST", s.Endpoint(ep), strings.NewReader(body))
	r.Header.Set("Content-Type", formType)
	if len(auth) > 0 {
		r.Header["Authorization"] = auth
	}
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	a := reply{status: rec.Code, header: rec.Header()}
	if rec.Body.Len() > 0 {
		if err := json.Unmarshal(rec.Body.Bytes(), &a.body); err != nil {
			t.Fatalf("got %d %q, want JSON: %v", rec.Code, rec.Body, err)
		}
	}
	return a
}

// codeRequest returns the form with which the public client exchanges code for
// tokens. The pairs are alternating names and values to set in the form.
func codeRequest(code string, pairs ...string) url.Values {
	return values(url.Values{
		"grant_type": {"authorization_code"}, "client_id": {"test-public"}, "redirect_uri": {callback}, "code": {code}, "code_verifier": {verifier},
	}, pairs...)
}

func refreshRequest(token string, pairs ...string) url.Values {
	return values(url.Values{"grant_type": {"refresh_token"}, "client_id": {"test-public"}, "refresh_token": {token}}, pairs...)
}

// tokens runs the code flow for the public client and returns the token
// response.
func tokens(t testing.TB, s *testserver.Server, pairs ...string) reply {
	t.Helper()
	return wantTokens(t, exchange(t, s, codeRequest(codeFor(t, s, pairs...))))
}

func wantTokens(t testing.TB, r reply) reply {
	t.Helper()
	if r.status != http.StatusOK || r.text("access_token") == "" || r.text("token_type") != "Bearer" {
		t.Fatalf("got %d %v, want tokens", r.status, r.body)
	}
	return r
}

// wantError checks the status and the error code of a response.
func wantError(t testing.TB, r reply, status int, code string) {
	t.Helper()
	if r.status != status || r.text("error") != code || r.body["access_token"] != nil {
		t.Errorf("got %d %v, want %d %s", r.status, r.body, status, code)
	}
	if got := r.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("got Cache-Control %q, want no-store", got)
	}
}

// parse decodes a JSON object. If the JSON is malformed, it returns an empty
// object.
func parse(text []byte) map[string]any {
	o := map[string]any{}
	_ = json.Unmarshal(text, &o)
	return o
}
