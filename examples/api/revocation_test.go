package main

import (
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/proof/program"
	"github.com/bearerguard/bearerguard/testserver"
)

const (
	logoutEvent    = "http://schemas.openid.net/event/backchannel-logout"
	sessionRevoked = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
)

func post(t *testing.T, url, mediaType, body, authorization string) (status int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", mediaType)
	r.Header.Set("Authorization", authorization)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func TestRevocationListener(t *testing.T) {
	as := testserver.New(t, testserver.Audience(audience))
	address := program.Address(t)
	api := start(t, map[string]string{"ISSUER": as.Issuer(), "REVOCATION_LISTEN": address, "REVOCATION_AUTHORIZATION": "Bearer x"})
	session := func(sid string) string { return as.Token(testserver.Claim("sid", sid)) }
	want := func(what, token string, want int) {
		t.Helper()
		if got, _, _ := get(t, api+"/me", token); got != want {
			t.Errorf("%s: got %d, want %d", what, got, want)
		}
	}
	first, second, third := session("1"), session("2"), session("3")
	logout := as.Token(testserver.Typ("logout+jwt"), testserver.Claim("sid", "1"), testserver.Claim("events", map[string]any{logoutEvent: map[string]any{}}))
	event := as.Token(testserver.Typ("secevent+jwt"), testserver.Without("exp", "sub"),
		testserver.Claim("sub_id", map[string]any{"format": "complex", "session": map[string]any{"format": "opaque", "id": "2"}}),
		testserver.Claim("events", map[string]any{sessionRevoked: map[string]any{}}))
	form := url.Values{"logout_token": {logout}}.Encode()
	for name, token := range map[string]string{"first": first, "second": second, "third": third} {
		want(name+" session", token, 200)
	}
	for _, test := range []struct {
		what, path, mediaType, body, authorization string
		status                                     int
	}{
		{"a logout token", "/any/path", "application/x-www-form-urlencoded", form, "", 200},
		{"an event", "/", "application/secevent+jwt", event, "Bearer x", 202},
		{"an event without Authorization", "/", "application/secevent+jwt", event, "", 400},
		{"an access token", "/", "application/x-www-form-urlencoded", "logout_token=" + third, "", 400},
		{"JSON", "/me", "application/json", "{}", "", 415},
	} {
		if got := post(t, "http://"+address+test.path, test.mediaType, test.body, test.authorization); got != test.status {
			t.Errorf("%s: got %d, want %d", test.what, got, test.status)
		}
	}
	want("the first session after the logout token", first, 401)
	want("the second session after the event", second, 401)
	want("the third session", third, 200)
	if got := post(t, api+"/", "application/x-www-form-urlencoded", form, ""); got != 404 {
		t.Errorf("a logout token to the API itself: got %d, want 404", got)
	}
}

func TestRevocationFromEnv(t *testing.T) {
	listen := map[string]string{"REVOCATION_LISTEN": "127.0.0.1:0"}
	with := func(base map[string]string, name, value string) map[string]string {
		all := map[string]string{name: value}
		for name, value := range base {
			all[name] = value
		}
		return all
	}
	for name, test := range map[string]struct {
		env       map[string]string
		audiences []string // nil if fromEnv fails
		want      string
	}{
		"the API's audience":          {listen, []string{"https://api.example.com"}, ""},
		"and its client":              {withIntrospection(listen), []string{"https://api.example.com", "api"}, ""},
		"other audiences, spaced":     {with(listen, "REVOCATION_AUDIENCE", "a, b"), []string{"a", "b"}, ""},
		"only separators":             {with(listen, "REVOCATION_AUDIENCE", ","), nil, "REVOCATION_AUDIENCE must contain"},
		"no port":                     {map[string]string{"REVOCATION_LISTEN": "localhost"}, nil, `REVOCATION_LISTEN must be host:port, got "localhost"`},
		"no listener":                 {map[string]string{"REVOCATION_AUTHORIZATION": secret}, nil, "need REVOCATION_LISTEN"},
		"a lifetime without a unit":   {with(listen, "REVOCATION_TOKEN_LIFETIME", "5"), nil, `REVOCATION_TOKEN_LIFETIME must be a duration such as 1h, got "5"`},
		"a negative lifetime":         {with(listen, "REVOCATION_TOKEN_LIFETIME", "-5s"), nil, "REVOCATION_TOKEN_LIFETIME must be the longest"},
		"an Authorization with a tab": {with(listen, "REVOCATION_AUTHORIZATION", secret+"\t"), nil, "REVOCATION_AUTHORIZATION must be"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := fromEnv(lookup(test.env), slog.New(slog.DiscardHandler))
			if test.audiences == nil {
				if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), secret) {
					t.Errorf("got %v, want %q and not the secret", err, test.want)
				}
				return
			}
			if err != nil || !slices.Equal(cfg.signals.config.Audiences, test.audiences) || cfg.verifier.Revocations != cfg.signals.config.List {
				t.Errorf("got %+v and %v, want the audiences %q", cfg.signals, err, test.audiences)
			}
		})
	}
}
