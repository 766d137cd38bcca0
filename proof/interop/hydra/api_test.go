package hydra_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/program"
	"github.com/bearerguard/bearerguard/scopes"
)

const (
	audience = "https://api.example.com"
	items    = `{"items":["anvil","bellows"]}`

	// The library fetches an issuer's keys at most once every 5 s. The rest of
	// the 30 s is for slow machines.
	rotationTimeout = 30 * time.Second
)

// api is the URL of a running API.
type api string

// startAPI runs examples/api, and waits until the API has fetched the keys.
func startAPI(t *testing.T, h *hydra, env ...string) api {
	t.Helper()
	a := api(program.Start(t, apiFile, append([]string{"ISSUER=" + h.public, "AUDIENCE=" + audience, "DPOP=off"}, env...)...))
	a.poll(t, call{what: "healthy after the keys are loaded", path: "/healthz", status: 200, body: `{"status":"ok"}`})
	return a
}

// serveAPI runs an API in this process. The mode determines which tokens the
// API introspects. The API sends the introspection requests to Hydra's admin
// port and does not cache the responses. examples/api cannot be used, because
// it has no setting for the mode.
func serveAPI(t *testing.T, h *hydra, mode middleware.IntrospectionMode) api {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	introspection, err := introspect.New(introspect.Config{
		Endpoint: h.admin + "/admin/oauth2/introspect", MaxTTL: -1, Logger: log,
		Auth: introspect.Basic("api", "nothing"), // the admin port requires no authentication
	})
	if err != nil {
		t.Fatal(err)
	}
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: audience, Issuers: []middleware.Issuer{{URL: h.public, Introspection: introspection, IntrospectionMode: mode}}, Logger: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /me", httpauth.Require(v)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := httpauth.Token(r)
		fmt.Fprint(w, me(token.Subject, token.ClientID, token.Issuer, token.Scopes.String()))
	})))
	mux.Handle("GET /items", httpauth.Require(v, scopes.All("items:read"))(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, items)
	})))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return api(server.URL)
}

// me returns the expected answer of GET /me.
func me(subject, client, issuer, scopes string) string {
	names, err := json.Marshal(strings.Fields(scopes)) // without scopes, this is [] and not null
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{"sub":%q,"client_id":%q,"iss":%q,"scopes":%s}`, subject, client, issuer, names)
}

// call is a request and the expected answer.
type call struct {
	what   string
	path   string // "" means /items
	token  string // "" means no token
	status int
	body   string // JSON, compared only if the status is a success
	err    string // error code in the challenge and in the body of a refusal; "" means no error code in either
}

// check makes the calls and fails the test if an answer is not as expected.
func (a api) check(t *testing.T, calls ...call) {
	t.Helper()
	for _, c := range calls {
		if wrong := a.fault(t, c); wrong != "" {
			t.Errorf("%s: %s", c.what, wrong)
		}
	}
}

// poll repeats the call until the answer is as expected or rotationTimeout has
// passed. It then makes the call once more and checks the answer.
func (a api) poll(t *testing.T, c call) {
	t.Helper()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for began := time.Now(); a.fault(t, c) != "" && time.Since(began) < rotationTimeout; {
		<-tick.C
	}
	a.check(t, c)
}

var code = regexp.MustCompile(`error="([^"]*)"`)

// fault makes the call. It returns "" if the answer is as expected. Otherwise,
// it describes what is wrong.
func (a api) fault(t *testing.T, c call) string {
	t.Helper()
	path := c.path
	if path == "" {
		path = "/items"
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, string(a)+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	body, challenge := strings.TrimSpace(string(text)), strings.Join(resp.Header.Values("WWW-Authenticate"), " | ")
	if resp.StatusCode != c.status {
		return fmt.Sprintf("got %s %s %s, want %d", resp.Status, challenge, body, c.status)
	}
	if c.status < 300 {
		if body != c.body || challenge != "" {
			return fmt.Sprintf("got %s with challenge %q, want %s without", body, challenge, c.body)
		}
		return ""
	}
	var problem struct{ Error string }
	if err := json.Unmarshal(text, &problem); err != nil || problem.Error != c.err {
		return fmt.Sprintf("got body %s, %v, want error %q", body, err, c.err)
	}
	if c.status == http.StatusServiceUnavailable {
		if challenge != "" {
			return "got challenge " + challenge + ", want no challenge with a 503, because the token may be valid"
		}
		return ""
	}
	named := ""
	if match := code.FindStringSubmatch(challenge); match != nil {
		named = match[1]
	}
	if !strings.HasPrefix(challenge, "Bearer ") || named != c.err {
		return fmt.Sprintf("got challenge %q, want Bearer with error %q", challenge, c.err)
	}
	return ""
}
