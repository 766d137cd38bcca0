package recipes_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/examples/recipes"
	"github.com/bearerguard/bearerguard/testserver"
)

func environment(issuer, audience string) func(string) string {
	return func(name string) string { return map[string]string{"ISSUER": issuer, "AUDIENCE": audience}[name] }
}

func TestVerifierFromEnv(t *testing.T) {
	as, second, third := testserver.New(t), testserver.New(t), testserver.New(t)
	defer http.DefaultClient.CloseIdleConnections()
	v, err := recipes.VerifierFromEnv(environment(as.Issuer()+", "+second.Issuer(), "api"))
	if err != nil {
		t.Fatal(err)
	}
	api := httpauth.Require(v)(http.NotFoundHandler())
	for name, test := range map[string]struct {
		request *http.Request
		want    int
	}{
		"the first issuer":  {as.Authorize(request("GET", "/")), 404},
		"the second issuer": {second.Authorize(request("GET", "/")), 404},
		"an unknown issuer": {third.Authorize(request("GET", "/")), 401},
		"another audience":  {as.Authorize(request("GET", "/"), testserver.Audience("billing")), 401},
		"an expired token":  {as.Authorize(request("GET", "/"), expired), 401},
	} {
		if got := serve(api, test.request).Code; got != test.want {
			t.Errorf("%s: got %d, want %d", name, got, test.want)
		}
	}
}

func TestAFaultOfTheEnvironmentNamesTheVariable(t *testing.T) {
	for name, test := range map[string]struct {
		issuer, audience string
		want             []string
	}{
		"nothing is set":       {"", "", []string{"AUDIENCE is required", "ISSUER is required"}},
		"no audience":          {"https://id.example.com", " ", []string{"AUDIENCE is required"}},
		"no issuer":            {"", "api", []string{"ISSUER is required"}},
		"an issuer on http":    {"http://id.example.com", "api", []string{`ISSUER="http://id.example.com"`, "must be an https URL"}},
		"an issuer twice":      {"https://id.example.com,https://id.example.com/", "api", []string{"ISSUER=", "configured twice"}},
		"a comma at the end":   {"https://id.example.com,", "api", []string{"ISSUER=", "Issuers[1]"}},
		"a quote in AUDIENCE":  {"https://id.example.com", `a"b`, []string{"AUDIENCE=", "Audience"}},
		"two faults of issuer": {"http://a.example.com,b", "api", []string{"Issuers[0]", "Issuers[1]"}},
	} {
		_, err := recipes.VerifierFromEnv(environment(test.issuer, test.audience))
		if err == nil {
			t.Errorf("%s: got no error, want one", name)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %q, want it to contain %q", name, err, want)
			}
		}
	}
}
