package testserver_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestHostsInDiscovery(t *testing.T) {
	const issuer, browser, alias = "http://127.0.0.1:9000/t", "http://localhost:9000", "http://auth:9000"
	s := testserver.New(t, testserver.IssuerURL(issuer), testserver.Hosts(browser, alias), testserver.Registration(), testserver.Interactive())
	rec := serve(s, "GET", issuer+"/.well-known/openid-configuration")
	var doc map[string]any
	if err := json.Unmarshal(rec.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	front := []string{"authorization_endpoint", "end_session_endpoint"}
	for name, v := range doc {
		at, ok := v.(string)
		if !ok || !strings.HasSuffix(name, "_endpoint") && name != "jwks_uri" {
			continue
		}
		want := alias
		for _, f := range front {
			if name == f {
				want = browser
			}
		}
		if !strings.HasPrefix(at, want+"/t/") {
			t.Errorf("%s: got %s, want it at %s", name, at, want)
		}
	}
	if doc["issuer"] != issuer {
		t.Errorf("got the issuer %v, want %s", doc["issuer"], issuer)
	}
	if _, claims := verified(t, s, s.Token()); claims["iss"] != issuer {
		t.Errorf("got iss %v, want %s", claims["iss"], issuer)
	}
	begun := formTo(t, s, testserver.EndpointDeviceAuthorization, "client_id=test-public")
	if at := begun.text("verification_uri"); at != browser+"/t/device" {
		t.Errorf("got the verification URI %s, want it at the browser's host", at)
	}
	for _, pair := range [][2]string{{"localhost:9000", ""}, {"", "http://auth/x"}, {"*", ""}} {
		wantAll(t, fatalText(t, func(tb *recorder) { testserver.New(tb, testserver.Hosts(pair[0], pair[1])) }), "Hosts(", "give a scheme and a host")
	}
}

// A server that listens on its own socket accepts the hosts of the option Hosts
// and refuses unknown host names.
func TestHostsAreServed(t *testing.T) {
	s := testserver.New(t, testserver.Hosts("http://login.internal", "http://auth:9000"))
	for host, want := range map[string]int{"login.internal": 200, "auth:1234": 200, "other.internal": http.StatusMisdirectedRequest} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", s.Endpoint(testserver.EndpointJWKS), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.URL.Host, r.Host = strings.TrimPrefix(s.Issuer(), "http://"), host
		resp, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: got %d, want %d", host, resp.StatusCode, want)
		}
	}
}
