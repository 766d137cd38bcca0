package oauth_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/oauth"
)

func TestFailedClientAuthentication(t *testing.T) {
	s := newServer(t)
	basic := func(credentials string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(credentials))
	}
	const body = "grant_type=client_credentials"
	for name, tt := range map[string]struct {
		fields    []string // values of the header field Authorization
		body      string
		status    int
		code      string
		challenge bool // the response has WWW-Authenticate
	}{
		"nothing":                          {nil, body, 401, "invalid_client", false},
		"an unknown client in the field":   {[]string{basic(canary + ":x")}, body, 401, "invalid_client", true},
		"a wrong secret in the field":      {[]string{basic("web:" + canary)}, body, 401, "invalid_client", true},
		"no secret in the field":           {[]string{basic("web:")}, body, 401, "invalid_client", true},
		"no colon in the field":            {[]string{basic(canary)}, body, 401, "invalid_client", true},
		"no base64 in the field":           {[]string{"Basic " + canary + "!"}, body, 401, "invalid_client", true},
		"a bad escape in the field":        {[]string{basic("web:%zz")}, body, 401, "invalid_client", true},
		"another scheme in the field":      {[]string{"Bearer " + canary}, body, 401, "invalid_client", true},
		"a wrong secret in the body":       {nil, body + "&client_id=web&client_secret=" + canary, 401, "invalid_client", false},
		"a secret in the wrong place":      {nil, body + "&client_id=narrow&client_secret=narrow", 401, "invalid_client", false},
		"a confidential client by name":    {nil, body + "&client_id=web", 401, "invalid_client", false},
		"an assertion without its type":    {nil, body + "&client_assertion=" + canary, 401, "invalid_client", false},
		"not an assertion":                 {nil, body + "&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion=" + canary, 401, "invalid_client", false},
		"two ways at once":                 {[]string{basic("web:web")}, body + "&client_id=web&client_secret=web", 400, "invalid_request", false},
		"two fields":                       {[]string{basic("web:web"), basic("web:web")}, body, 400, "invalid_request", false},
		"the ID of another client as well": {[]string{basic("web:web")}, body + "&client_id=other", 400, "invalid_request", false},
		"a body that is not a form":        {[]string{basic("web:web")}, body + "&%zz", 400, "invalid_request", false},
		"a body that is too large":         {[]string{basic("web:web")}, body + "&x=" + strings.Repeat("x", 64<<10), 413, "invalid_request", false},
	} {
		t.Run(name, func(t *testing.T) {
			header := []string{"Content-Type", formType}
			for _, field := range tt.fields {
				header = append(header, "Authorization", field)
			}
			r := read(t, s.send("POST", issuer+"/token", tt.body, header...))
			wantRefusal(t, r, tt.status, tt.code)
			if got := strings.HasPrefix(r.header.Get("WWW-Authenticate"), "Basic "); got != tt.challenge {
				t.Errorf("got WWW-Authenticate %q, want a Basic challenge: %v", r.header.Get("WWW-Authenticate"), tt.challenge)
			}
		})
	}
	wantRefusal(t, read(t, s.send("POST", issuer+"/token", body, "Authorization", basic("web:web"), "Content-Type", "application/json")), 400, "invalid_request")
	if events := fmt.Sprintf("%+v", s.Audit.Events()); strings.Contains(events, canary) || strings.Contains(events, "web") {
		t.Errorf("got the audit events %s, want no client named that has not authenticated", events)
	}
}

func TestClaimsFindsTheClientInAllPlaces(t *testing.T) {
	s := newServer(t)
	assertion := s.assertion(t, func(c jwt.MapClaims) { c["sub"] = "robot" }).Get("assertion")
	for name, tt := range map[string]struct {
		method, target, body string
		header               [2]string
		id                   string
	}{
		"in Testserver-Client":      {"GET", "/jwks", "", [2]string{"Testserver-Client", "web"}, "web"},
		"in the query":              {"GET", "/authorize?client_id=web", "", [2]string{"Accept", "x"}, "web"},
		"in Basic credentials":      {"POST", "/token", "", [2]string{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte("w%65b:x"))}, "web"},
		"in the body":               {"POST", "/token", "client_id=web", [2]string{"Content-Type", formType}, "web"},
		"in an assertion":           {"POST", "/token", "client_assertion=" + assertion, [2]string{"Content-Type", formType}, "robot"},
		"in a body of another type": {"POST", "/token", "client_id=web", [2]string{"Content-Type", "text/plain"}, ""},
	} {
		for _, id := range []string{"web", "robot"} {
			r := httptest.NewRequest(tt.method, tt.target, strings.NewReader(tt.body))
			r.Header.Set(tt.header[0], tt.header[1])
			if got, want := oauth.Claims(r, id), id == tt.id; got != want {
				t.Errorf("%s: got Claims(r, %q) = %v, want %v", name, id, got, want)
			}
		}
	}
}

func TestEveryEndpointForClientsRefusesInTheSameWay(t *testing.T) {
	s := newServer(t)
	for _, ep := range []catalogue.Endpoint{catalogue.Token, catalogue.Introspect, catalogue.Revoke, catalogue.PAR, catalogue.DeviceAuthorization} {
		r := s.post(t, ep, canary, url.Values{"token": {canary}, "grant_type": {"client_credentials"}, "client_id": {canary}})
		wantRefusal(t, r, http.StatusUnauthorized, "invalid_client")
		if got := r.header.Get("WWW-Authenticate"); !strings.HasPrefix(got, "Basic ") {
			t.Errorf("%s: got WWW-Authenticate %q, want a Basic challenge", ep, got)
		}
	}
}

func TestOnlyConfidentialClientsIntrospect(t *testing.T) {
	s := newServer(t)
	text := s.tokenExchange(t).Get("subject_token")
	for client, want := range map[string]int{"web": http.StatusOK, "": http.StatusUnauthorized} {
		form := url.Values{"token": {text}}
		if client == "" {
			form.Set("client_id", "app")
		}
		if r := s.post(t, catalogue.Introspect, client, form); r.status != want || (r.body["active"] == true) != (want == http.StatusOK) {
			t.Errorf("%q: got %d %s, want %d", client, r.status, r.text, want)
		}
	}
}
