package interop_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
	"golang.org/x/oauth2"
)

// golang.org/x/oauth2 does not support pushed authorization requests (RFC 9126)
// or client registration (RFC 7591). The test sends these requests itself, as a
// program must, and uses the package for all other requests.
func TestXOAuth2PushedAndRegistered(t *testing.T) {
	overBoth(t, []flow{
		{"a pushed request", xPushed},
		{"dynamic client registration", xRegistered},
	}, testserver.Registration())
}

// asJSON sends a request and returns the JSON object of the answer.
func asJSON(t *testing.T, as *testserver.Server, ep testserver.Endpoint, contentType, body string) (status int, o map[string]any) {
	t.Helper()
	resp, err := as.Client().Post(as.Endpoint(ep), contentType, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&o); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, o
}

// push sends the parameters of AuthCodeURL as a pushed authorization request,
// and returns the URL that the browser opens instead of AuthCodeURL.
func push(t *testing.T, as *testserver.Server, config *oauth2.Config, verifier string) string {
	t.Helper()
	u, err := url.Parse(config.AuthCodeURL("s", oauth2.S256ChallengeOption(verifier)))
	if err != nil {
		t.Fatal(err)
	}
	form := u.Query()
	if config.ClientSecret != "" {
		form.Set("client_secret", config.ClientSecret)
	}
	status, answer := asJSON(t, as, testserver.EndpointPAR, "application/x-www-form-urlencoded", form.Encode())
	uri, _ := answer["request_uri"].(string)
	if status != http.StatusCreated || uri == "" {
		t.Fatalf("got %d %v, want a request_uri", status, answer)
	}
	u.RawQuery = url.Values{"client_id": {config.ClientID}, "request_uri": {uri}}.Encode()
	return u.String()
}

func xPushed(t *testing.T, as *testserver.Server) {
	for name, config := range map[string]*oauth2.Config{
		"a public client":       publicConfig(as),
		"a confidential client": newConfig(as, "test-client", "test-secret", oauth2.AuthStyleInParams),
	} {
		t.Run(name, func(t *testing.T) {
			verifier := oauth2.GenerateVerifier()
			page := push(t, as, config, verifier)
			back := as.Login(t, page).Query()
			token, err := config.Exchange(reach(t, as), back.Get("code"), oauth2.VerifierOption(verifier))
			if err != nil || back.Get("state") != "s" {
				t.Fatalf("got %v, state %q, want tokens", err, back.Get("state"))
			}
			if got := get(t, as, config.Client(reach(t, as), token)); got != http.StatusOK {
				t.Errorf("got %d from an API, want 200", got)
			}
			for what, again := range map[string]string{"again": page, "by another client": strings.Replace(push(t, as, config, verifier), config.ClientID, "unknown", 1)} {
				resp, err := as.Client().Get(again)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				if resp.StatusCode != http.StatusBadRequest {
					t.Errorf("%s: got %d, want 400", what, resp.StatusCode)
				}
			}
		})
	}
}

func xRegistered(t *testing.T, as *testserver.Server) {
	body, err := json.Marshal(map[string]any{"redirect_uris": []string{callback}, "grant_types": []string{"authorization_code", "refresh_token"}})
	if err != nil {
		t.Fatal(err)
	}
	status, client := asJSON(t, as, testserver.EndpointRegister, "application/json", string(body))
	if status != http.StatusCreated {
		t.Fatalf("got %d %v, want a client", status, client)
	}
	id, _ := client["client_id"].(string)
	secret, _ := client["client_secret"].(string)
	config, verifier := newConfig(as, id, secret, oauth2.AuthStyleInHeader), oauth2.GenerateVerifier()
	back := as.Login(t, config.AuthCodeURL("s", oauth2.S256ChallengeOption(verifier))).Query()
	token, err := config.Exchange(reach(t, as), back.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	if got := get(t, as, config.Client(reach(t, as), token)); got != http.StatusOK || token.RefreshToken == "" {
		t.Errorf("got %d from an API, want 200, and a refresh token", got)
	}
	config.ClientSecret += "x"
	_, err = config.Exchange(reach(t, as), back.Get("code"), oauth2.VerifierOption(verifier))
	assertRefused(t, err, http.StatusUnauthorized, "invalid_client")
}
