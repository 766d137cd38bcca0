package testserver_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

var web = testserver.Client{ID: "web", Secret: "web-secret", RedirectURIs: []string{callback}}

func TestVerifiers(t *testing.T) {
	s := testserver.New(t)
	for name, tt := range map[string]struct {
		challenge, verifier string
		code                string // the expected error code; "" means tokens
	}{
		"T04/the right one":                  {s256(verifier), verifier, ""},
		"T04/the shortest":                   {s256(verifier[:43]), verifier[:43], ""},
		"T04/the longest":                    {s256(strings.Repeat("~", 128)), strings.Repeat("~", 128), ""},
		"T04/missing":                        {s256(verifier), "-", "invalid_grant"},
		"T04/empty":                          {s256(verifier), "", "invalid_grant"},
		"T04/another":                        {s256(verifier), verifier[1:] + "x", "invalid_grant"},
		"T04/the challenge itself":           {s256(verifier), s256(verifier), "invalid_grant"},
		"T04/42 characters":                  {s256(verifier[:42]), verifier[:42], "invalid_grant"},
		"T04/129 characters":                 {s256(strings.Repeat("~", 129)), strings.Repeat("~", 129), "invalid_grant"},
		"T04/an invalid character":           {s256(verifier + "+"), verifier + "+", "invalid_grant"},
		"T04/a space":                        {s256(verifier + " "), verifier + " ", "invalid_grant"},
		"T04/a letter that is not ASCII":     {s256(verifier + "é"), verifier + "é", "invalid_grant"},
		"T04/a verifier without a challenge": {"-", verifier, "invalid_grant"},
		"T04/neither, confidential client":   {"-", "-", ""},
	} {
		t.Run(name, func(t *testing.T) {
			change := []string{"client_id", "test-client", "code_challenge", tt.challenge}
			if tt.challenge == "-" {
				change = append(change, "code_challenge_method", "-")
			}
			r := exchange(t, s, codeRequest(codeFor(t, s, change...), "client_id", "-", "code_verifier", tt.verifier), testClient)
			if tt.code == "" {
				wantTokens(t, r)
				return
			}
			wantError(t, r, 400, tt.code)
		})
	}
}

func TestCodes(t *testing.T) {
	s := testserver.New(t, testserver.Clients(web, testserver.Client{ID: "other", Public: true, RedirectURIs: []string{callback}}), testserver.Clock(atNoon))
	for name, tt := range map[string]struct {
		change []string
		age    time.Duration
		code   string
	}{
		"T06/immediately":                {nil, 0, ""},
		"T06/in 59 seconds":              {nil, 59 * time.Second, ""},
		"T06/after 60 seconds":           {nil, time.Minute, "invalid_grant"},
		"T06/by another client":          {[]string{"client_id", "other"}, 0, "invalid_grant"},
		"T06/with another redirect_uri":  {[]string{"redirect_uri", callback + "2"}, 0, "invalid_grant"},
		"T06/with another port":          {[]string{"redirect_uri", "http://127.0.0.1:4712/callback"}, 0, "invalid_grant"},
		"T06/without redirect_uri":       {[]string{"redirect_uri", "-"}, 0, "invalid_grant"},
		"T06/without the code":           {[]string{"code", "-"}, 0, "invalid_request"},
		"T06/an unknown code":            {[]string{"code", "x"}, 0, "invalid_grant"},
		"T06/a resource not yet granted": {[]string{"resource", "https://api.example"}, 0, ""},
		"T06/an invalid resource":        {[]string{"resource", "api"}, 0, "invalid_target"},
	} {
		t.Run(name, func(t *testing.T) {
			form := values(codeRequest(codeFor(t, s)), tt.change...)
			s.Advance(tt.age)
			defer s.Advance(-tt.age)
			r := exchange(t, s, form)
			if tt.code == "" {
				wantTokens(t, r)
				return
			}
			wantError(t, r, 400, tt.code)
		})
	}
	t.Run("T11/truncated", func(t *testing.T) {
		code := codeFor(t, s)
		wantError(t, exchange(t, s, codeRequest(code[:len(code)-1])), 400, "invalid_grant")
		wantTokens(t, exchange(t, s, codeRequest(code)))
	})
	t.Run("T06/a request by another client does not use up the code", func(t *testing.T) {
		code := codeFor(t, s)
		wantError(t, exchange(t, s, codeRequest(code, "client_id", "other")), 400, "invalid_grant")
		wantTokens(t, exchange(t, s, codeRequest(code)))
	})
	t.Run("T06/a failed authentication does not use up the code", func(t *testing.T) {
		code := codeFor(t, s, "client_id", "web")
		form := codeRequest(code, "client_id", "-")
		wantError(t, exchange(t, s, form, basic("web:wrong")), 401, "invalid_client")
		wantTokens(t, exchange(t, s, form, basic("web:web-secret")))
	})
	t.Run("T06/without a redirect_uri in the authorization request", func(t *testing.T) {
		code := codeFor(t, s, "client_id", "web", "redirect_uri", "-")
		wantTokens(t, exchange(t, s, codeRequest(code, "client_id", "-", "redirect_uri", "-"), basic("web:web-secret")))
		code = codeFor(t, s, "client_id", "web", "redirect_uri", "-")
		wantError(t, exchange(t, s, codeRequest(code, "client_id", "-", "redirect_uri", callback+"x"), basic("web:web-secret")), 400, "invalid_grant")
	})
}

func TestCodeReplayRevokesTokens(t *testing.T) {
	for name, opts := range map[string][]testserver.Option{"T05/JWTs": nil, "T05/opaque tokens": {testserver.OpaqueTokens()}} {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t, opts...)
			code := codeFor(t, s, "scope", "openid a")
			first := wantTokens(t, exchange(t, s, codeRequest(code)))
			second := wantTokens(t, exchange(t, s, refreshRequest(first.text("refresh_token"))))
			bystander := tokens(t, s)
			s.Advance(2 * time.Minute) // the server remembers a used code even after the code has expired
			wantError(t, exchange(t, s, codeRequest(code)), 400, "invalid_grant")
			for _, token := range []string{first.text("access_token"), second.text("access_token")} {
				if isActive(s, token) {
					t.Error("got an active token from the replayed code, want the token revoked")
				}
			}
			wantError(t, exchange(t, s, refreshRequest(second.text("refresh_token"))), 400, "invalid_grant")
			if !isActive(s, bystander.text("access_token")) {
				t.Error("got another grant's token revoked")
			}
			wantEvents(t, s, "reuse_detected", "revoked")
		})
	}
}

func wantEvents(t *testing.T, s *testserver.Server, kinds ...string) {
	t.Helper()
	for _, kind := range kinds {
		found := false
		for _, e := range s.Events() {
			found = found || e.Kind == kind && e.Family != "" && e.ClientID != "" && e.Sub != ""
		}
		if !found {
			t.Errorf("got no event %s with family, client and subject in %v", kind, s.Events())
		}
	}
}

func TestConcurrentCodeUsesSucceedOnce(t *testing.T) {
	t.Run("T06/a hundred at once", func(t *testing.T) {
		s := testserver.New(t)
		code := codeFor(t, s)
		if successes := useConcurrently(t, func() reply { return exchange(t, s, codeRequest(code)) }); successes != 1 {
			t.Errorf("got %d successes, want 1", successes)
		}
	})
}

func useConcurrently(t *testing.T, use func() reply) int {
	t.Helper()
	var successes atomic.Int64
	var group sync.WaitGroup
	start := make(chan struct{})
	for range 100 {
		group.Go(func() {
			<-start
			switch r := use(); {
			case r.status == 200:
				successes.Add(1)
			case r.text("error") != "invalid_grant":
				t.Errorf("got %d %v, want invalid_grant", r.status, r.body)
			}
		})
	}
	close(start)
	group.Wait()
	return int(successes.Load())
}

func TestRefresh(t *testing.T) {
	s := testserver.New(t, testserver.Clients(testserver.Client{ID: "other", Public: true}), testserver.ConfigJSON(strings.NewReader(`{"refresh":{"ttl":"1h"}}`)))
	for name, tt := range map[string]struct {
		change []string
		age    time.Duration
		code   string
		scope  string
	}{
		"T08/without changes":                 {nil, 0, "", "openid a b"},
		"T08/the same scopes":                 {[]string{"scope", "b a openid"}, 0, "", "b a openid"},
		"T08/fewer scopes":                    {[]string{"scope", "a"}, 0, "", "a"},
		"T08/more scopes":                     {[]string{"scope", "a b c"}, 0, "invalid_scope", ""},
		"T08/malformed scopes":                {[]string{"scope", "a  b"}, 0, "invalid_scope", ""},
		"T08/by another client":               {[]string{"client_id", "other"}, 0, "invalid_grant", ""},
		"T08/without a client":                {[]string{"client_id", "-"}, 0, "invalid_client", ""},
		"T08/no token":                        {[]string{"refresh_token", "-"}, 0, "invalid_request", ""},
		"T08/an unknown token":                {[]string{"refresh_token", "x"}, 0, "invalid_grant", ""},
		"T08/before it expires":               {nil, time.Hour - time.Second, "", "openid a b"},
		"T08/when it expires":                 {nil, time.Hour, "invalid_grant", ""},
		"T08/a resource of the grant":         {[]string{"resource", "https://one.example"}, 0, "", "openid a b"},
		"T08/a resource that was not granted": {[]string{"resource", "https://two.example"}, 0, "invalid_target", ""},
	} {
		t.Run(name, func(t *testing.T) {
			first := tokens(t, s, "scope", "openid a b", "nonce", "n", "resource", "https://one.example")
			s.Advance(tt.age)
			defer s.Advance(-tt.age)
			r := exchange(t, s, values(refreshRequest(first.text("refresh_token")), tt.change...))
			if tt.code != "" {
				wantError(t, r, map[bool]int{true: 401, false: 400}[tt.code == "invalid_client"], tt.code)
				if tt.age == 0 {
					wantTokens(t, exchange(t, s, refreshRequest(first.text("refresh_token")))) // the failed request did not use up the refresh token
				}
				return
			}
			wantTokens(t, r)
			_, claims := verified(t, s, r.text("access_token"))
			if r.text("scope") != tt.scope || claims["scope"] != tt.scope || claims["aud"] != "https://one.example" || r.body["expires_in"] != 900.0 {
				t.Errorf("got %v and %v, want the scope %q, the resource and 900 seconds", r.body, claims, tt.scope)
			}
			if hasID := r.text("id_token") != ""; hasID != strings.Contains(tt.scope, "openid") {
				t.Errorf("got an ID token: %v, want an ID token only with the scope openid", hasID)
			}
			// The new refresh token in r is valid for another hour. This
			// refresh request names no scope, so the response has all scopes of
			// the grant.
			s.Advance(59 * time.Minute)
			defer s.Advance(-59 * time.Minute)
			next := wantTokens(t, exchange(t, s, refreshRequest(r.text("refresh_token"))))
			if next.text("scope") != "openid a b" {
				t.Errorf("got the scope %q, want all of the grant", next.text("scope"))
			}
		})
	}
}

func TestRefreshTokenReuseRevokesTheFamily(t *testing.T) {
	s := testserver.New(t)
	first := tokens(t, s)
	second := wantTokens(t, exchange(t, s, refreshRequest(first.text("refresh_token"))))
	third := wantTokens(t, exchange(t, s, refreshRequest(second.text("refresh_token"))))
	t.Run("T07/reuse", func(t *testing.T) {
		wantError(t, exchange(t, s, refreshRequest(first.text("refresh_token"))), 400, "invalid_grant")
		wantEvents(t, s, "refreshed", "reuse_detected", "revoked")
	})
	t.Run("T07/the family is revoked", func(t *testing.T) {
		wantError(t, exchange(t, s, refreshRequest(third.text("refresh_token"))), 400, "invalid_grant")
		for _, r := range []reply{first, second, third} {
			if isActive(s, r.text("access_token")) {
				t.Error("got an access token of the family active")
			}
		}
	})
	t.Run("T07/reuse at the same time", func(t *testing.T) {
		s := testserver.New(t, testserver.Clock(atNoon))
		token := tokens(t, s).text("refresh_token")
		wantTokens(t, exchange(t, s, refreshRequest(token)))
		wantError(t, exchange(t, s, refreshRequest(token)), 400, "invalid_grant")
	})
	t.Run("T07/concurrent uses", func(t *testing.T) {
		token := tokens(t, s).text("refresh_token")
		if successes := useConcurrently(t, func() reply { return exchange(t, s, refreshRequest(token)) }); successes != 1 {
			t.Errorf("got %d successes, want 1", successes)
		}
	})
}

func TestRotateRefreshGracePeriod(t *testing.T) {
	s := testserver.New(t, testserver.RotateRefresh(10*time.Second), testserver.Clock(atNoon))
	first := tokens(t, s).text("refresh_token")
	second := wantTokens(t, exchange(t, s, refreshRequest(first))).text("refresh_token")
	s.Advance(9 * time.Second)
	if again := wantTokens(t, exchange(t, s, refreshRequest(first))).text("refresh_token"); again != second {
		t.Error("got another successor, want the same")
	}
	if successes := useConcurrently(t, func() reply { return exchange(t, s, refreshRequest(first)) }); successes != 100 {
		t.Errorf("got %d successes within the period, want 100", successes)
	}
	third := wantTokens(t, exchange(t, s, refreshRequest(second))).text("refresh_token")
	wantError(t, exchange(t, s, refreshRequest(first)), 400, "invalid_grant") // refused even within the grace period, because its successor was also replaced
	wantError(t, exchange(t, s, refreshRequest(third)), 400, "invalid_grant")

	first = tokens(t, s).text("refresh_token")
	second = wantTokens(t, exchange(t, s, refreshRequest(first))).text("refresh_token")
	s.Advance(10 * time.Second)
	wantError(t, exchange(t, s, refreshRequest(first)), 400, "invalid_grant")
	wantError(t, exchange(t, s, refreshRequest(second)), 400, "invalid_grant")
}

func TestOtherTokensAreNotRefreshTokens(t *testing.T) {
	s := testserver.New(t, testserver.OpaqueTokens())
	r := tokens(t, s, "scope", "openid")
	for name, token := range map[string]string{
		"T08/an access token": r.text("access_token"), "T08/an ID token": r.text("id_token"), "T08/a code": codeFor(t, s),
		"T11/a truncated one": r.text("refresh_token")[:69], "T11/a longer one": r.text("refresh_token") + "A", "T11/one with a line break": r.text("refresh_token") + "\n",
		"T11/a modified one": "A" + r.text("refresh_token")[1:], "T11/one with padding": r.text("refresh_token") + "==",
		"T11/one with another MAC": otherAt(r.text("refresh_token"), 60),
	} {
		t.Run(name, func(t *testing.T) { wantError(t, exchange(t, s, refreshRequest(token)), 400, "invalid_grant") })
	}
	t.Run("T17/a refresh token is not an access token", func(t *testing.T) {
		if isActive(s, r.text("refresh_token")) {
			t.Error("got it active")
		}
	})
	wantTokens(t, exchange(t, s, refreshRequest(r.text("refresh_token"))))
	t.Run("T11/lengths of secrets", func(t *testing.T) {
		first, _ := startDevice(t, s)
		for name, text := range map[string]string{
			"the access token": r.text("access_token"), "the refresh token": r.text("refresh_token"), "the code": codeFor(t, s),
			"the device code": first.text("device_code"), "the secret": s.AddClient(testserver.Client{}).Secret,
		} {
			if len(text) < 22 {
				t.Errorf("got %s of %d characters, want 128 bits", name, len(text))
			}
		}
	})
}

// otherAt returns text with another letter at index i.
func otherAt(text string, i int) string {
	letter := "A"
	if text[i] == 'A' {
		letter = "B"
	}
	return text[:i] + letter + text[i+1:]
}
