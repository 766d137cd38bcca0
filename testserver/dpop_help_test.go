package testserver_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// noKey makes the helpers of these tests send a request without a DPoP proof.
var noKey testserver.Key

// postProof posts a form to a URL, with the given values of the header fields
// DPoP and Authorization.
func postProof(t testing.TB, c *http.Client, u string, form url.Values, proofs []string, auth ...string) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, u, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", formType)
	if len(auth) > 0 {
		r.Header["Authorization"] = auth
	}
	r.Header["Dpop"] = proofs
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{status: resp.StatusCode, header: resp.Header, body: parse(text)}
}

// prove posts a form to an endpoint, with a proof that is signed with key. If
// key is noKey, the request has no proof.
func prove(t testing.TB, s *testserver.Server, key testserver.Key, ep testserver.Endpoint, form url.Values, opts ...testserver.TokenOption) reply {
	t.Helper()
	var proofs []string
	if key.Private != nil {
		proofs = proofFor(s, key, s.Endpoint(ep), opts...)
	}
	return postProof(t, s.Client(), s.Endpoint(ep), form, proofs)
}

// proofFor returns a proof for a POST request to u at the server's time.
func proofFor(s *testserver.Server, key testserver.Key, u string, opts ...testserver.TokenOption) []string {
	return testserver.Proof(key, http.MethodPost, u, "", append([]testserver.TokenOption{testserver.Claim("iat", s.Now().Unix())}, opts...)...)
}

// boundToKey returns the cnf of a token that is bound to a key.
func boundToKey(t *testing.T, key testserver.Key) string {
	t.Helper()
	return fmt.Sprintf(`"cnf":{"jkt":%q}`, thumbprintOf(t, key))
}

// wantBound checks that the token in a response is bound to key. If key is
// noKey, the token must be a bearer token. wantBound also checks cnf and
// token_type in introspection responses.
func wantBound(t *testing.T, s *testserver.Server, r reply, key testserver.Key) reply {
	t.Helper()
	scheme, cnf := "Bearer", ""
	if key.Private != nil {
		scheme, cnf = "DPoP", boundToKey(t, key)
	}
	access := r.text("access_token")
	if r.status != http.StatusOK || access == "" || r.text("token_type") != scheme {
		t.Fatalf("got %d %v, want tokens of the type %s", r.status, r.body, scheme)
	}
	_, introspected := introspectionResponse(t, s, access)
	_, signed := introspectionResponse(t, s, access, signedType)
	texts := []string{introspected, payload(t, signed)}
	wantAll(t, introspected, `"active":true`, `"token_type":"`+scheme+`"`)
	if strings.Count(access, ".") == 2 {
		texts = append(texts, payload(t, access))
	}
	for _, text := range texts {
		if !strings.Contains(text, cnf) || strings.Contains(text, `"cnf"`) != (cnf != "") {
			t.Errorf("got %s, want the binding %s", text, cnf)
		}
	}
	return r
}

// wantRefusal checks that the status is 400. It also checks the error code, and
// that error_description contains the given description.
func wantRefusal(t *testing.T, r reply, code, description string) {
	t.Helper()
	wantError(t, r, http.StatusBadRequest, code)
	wantAll(t, r.text("error_description"), description)
}

// grantRequest describes a token request with one grant. Each call of form
// returns the form of a new request.
type grantRequest struct {
	form func() url.Values
	auth []string
}

// everyGrant returns a token request for each grant that the server supports.
// post sends the requests that must come before a token request. The server
// must have the clients gateway and robot, and the user alice.
func everyGrant(t *testing.T, s *testserver.Server, r robot, post func(testserver.Endpoint, url.Values) reply) map[testserver.Grant]grantRequest {
	t.Helper()
	code := func() url.Values { return codeRequest(codeFor(t, s, "scope", "openid")) }
	requests := map[testserver.Grant]grantRequest{
		"authorization_code": {code, nil},
		"client_credentials": {func() url.Values { return url.Values{"grant_type": {"client_credentials"}} }, []string{testClient}},
		"refresh_token":      {func() url.Values { return refreshRequest(post(testserver.EndpointToken, code()).text("refresh_token")) }, nil},
		testserver.DeviceCode: {func() url.Values {
			r := post(testserver.EndpointDeviceAuthorization, url.Values{"client_id": {"test-public"}})
			s.Login(t, r.text("verification_uri_complete"))
			return url.Values{"grant_type": {string(testserver.DeviceCode)}, "client_id": {"test-public"}, "device_code": {r.text("device_code")}}
		}, nil},
		testserver.TokenExchange: {func() url.Values { return exchangeRequest(s.Token()) }, []string{asGateway}},
		testserver.JWTBearer:     {func() url.Values { return jwtBearerRequest(t, s, r, nil) }, nil},
	}
	for _, grant := range member(t, s, "grant_types_supported") {
		if requests[testserver.Grant(grant)].form == nil {
			t.Fatalf("the test has no request for %s", grant)
		}
	}
	return requests
}
