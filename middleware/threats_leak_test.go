package middleware_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/proof/program"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
)

// This file tests rows E01, E04 to E06 and E11 to E14 of
// proof/threats/rows.txt: leaks, growth of memory and global settings.

// outputRecorder collects all output of the verifier.
type outputRecorder struct {
	mu     sync.Mutex
	output bytes.Buffer
}

func (s *outputRecorder) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.output.Write(p)
}

// print writes each value to the output with six usual verbs.
func (s *outputRecorder) print(values ...any) {
	for _, v := range values {
		fmt.Fprintf(s, "%v %+v %#v %s %q %x\n", v, v, v, v, v, v)
	}
}

// drain returns the output that was collected so far and clears it.
func (s *outputRecorder) drain() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.output.Reset()
	return s.output.String()
}

// leaked searches a text for each part of eight bytes of the secret, either as
// it is or in hexadecimal. It returns the first part that it finds, or "" if it
// finds none.
func leaked(text, secret string) string {
	for i := 0; i+8 <= len(secret); i++ {
		piece := secret[i : i+8]
		if strings.Contains(text, piece) || strings.Contains(text, fmt.Sprintf("%x", piece)) {
			return piece
		}
	}
	return ""
}

func TestNoPartOfATokenLeaks(t *testing.T) {
	recorder := new(outputRecorder)
	canary := rand.Text() + rand.Text()
	loud := func(c *middleware.Config) {
		c.Logger = slog.New(slog.NewMultiHandler(
			slog.NewTextHandler(recorder, &slog.HandlerOptions{Level: slog.LevelDebug}),
			slog.NewJSONHandler(recorder, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true})))
		c.Observe = func(_ context.Context, o middleware.Observation) { recorder.print(o) }
	}
	s := newSetup(t, loud)
	withRevoked := func(revoked func(*middleware.Token) (bool, error)) *setup {
		return newSetup(t, loud, func(c *middleware.Config) {
			c.Revoked = func(_ context.Context, t *middleware.Token) (bool, error) { return revoked(t) }
		})
	}
	failing := withRevoked(func(t *middleware.Token) (bool, error) { return false, errors.New("no answer about " + t.ID) })
	panics := withRevoked(func(t *middleware.Token) (bool, error) { panic("cannot look up " + t.ID) })
	revokes := withRevoked(func(*middleware.Token) (bool, error) { return true, nil })
	down := newSetup(t, loud)
	down.as.Close()

	claims := func(s *setup, pairs ...string) string {
		pairs = append(pairs, "jti", `"`+canary+`"`, "sub", `"`+canary+`"`, "x", `"`+canary+`"`)
		return s.Token(s.Header(), s.Claims(pairs...))
	}
	header := func(pairs ...string) string {
		return s.Token(s.Header(append(pairs, "x", `"`+canary+`"`)...), s.Claims())
	}
	good := claims(s)
	paths := map[string]struct {
		s     *setup
		token string
	}{
		"accepted":               {s, good},
		"opaque":                 {s, canary},
		"too long":               {s, strings.Repeat(canary, 200)},
		"malformed shape":        {s, good + "." + canary},
		"hostile kid":            {s, header("kid", `"\u001b[31m`+canary+`"`)},
		"unknown kid":            {s, header("kid", `"`+canary+`"`)},
		"unknown algorithm":      {s, header("alg", `"`+canary+`"`)},
		"critical header":        {s, header("crit", `["`+canary+`"]`)},
		"another type":           {s, header("typ", `"`+canary+`"`)},
		"duplicate claim":        {s, s.Token(s.Header(), `{"`+canary+`":1,"`+canary+`":2}`)},
		"claims not JSON":        {s, s.Token(s.Header(), canary)},
		"invalid UTF-8":          {s, s.Token(s.Header(), `{"x":"`+canary+"\xff\"}")},
		"another issuer":         {s, claims(s, "iss", `"https://`+canary+`.example"`)},
		"expired":                {s, claims(s, "exp", "1")},
		"not yet valid":          {s, claims(s, "nbf", unix(time.Hour))},
		"another audience":       {s, claims(s, "aud", `"`+canary+`"`)},
		"hostile scope":          {s, claims(s, "scope", `{"`+canary+`":"\r\n\""}`)},
		"an ID token":            {s, s.Token(s.Header("typ", ""), s.Claims("at_hash", `"`+canary+`"`, "scope", ""))},
		"bad signature":          {s, good[:len(good)-20] + canary[:20]},
		"bound to a key":         {s, claims(s, "cnf", `{"jkt":"`+canary+`"}`)},
		"revoked":                {revokes, claims(revokes)},
		"deny-list fails":        {failing, claims(failing)},
		"deny-list panics":       {panics, claims(panics)},
		"keys cannot be fetched": {down, claims(down)},
	}
	for name, path := range paths {
		t.Run("E04/"+name, func(t *testing.T) {
			twice := request(t, "Bearer "+path.token, "Bearer "+path.token)
			broken := request(t, "Bearer "+path.token+" "+path.token)
			query := request(t, "Bearer "+path.token)
			query.URL.RawQuery = "access_token=" + path.token
			for _, r := range []*http.Request{request(t, "Bearer "+path.token), twice, broken, query} {
				for _, need := range []scopes.Requirement{scopes.All("read"), scopes.All("missing")} {
					h := make(http.Header)
					authorized, err := path.s.v.Authorize(h, r, need)
					recorder.print(h, err, errors.Unwrap(err))
					if authorized != nil {
						recorder.print(middleware.TokenFrom(authorized.Context()), *middleware.TokenFrom(authorized.Context()), authorized.Context())
					}
					var refusal *middleware.Error
					if errors.As(err, &refusal) {
						recorder.print(refusal, *refusal, bodyOf(refusal))
					}
				}
			}
			credentials := middleware.Credentials{Token: path.token}
			explained, err := path.s.v.Explain(t.Context(), credentials)
			recorder.print(credentials, &credentials, explained, err)
			slog.New(slog.NewJSONHandler(recorder, nil)).Info("app", "credentials", credentials)
			output := recorder.drain()
			if len(output) < 1000 {
				t.Fatalf("got only the output %q, want logs, printed values and observations", output)
			}
			for what, secret := range map[string]string{"token": path.token, "claims or header": canary} {
				if piece := leaked(output, secret); piece != "" {
					at := strings.Index(output, piece)
					t.Errorf("part of the %s leaked: …%s…", what, output[max(0, at-80):min(len(output), at+40)])
				}
			}
		})
	}
	t.Run("E04/the search finds what it looks for", func(t *testing.T) {
		if leaked("log: "+canary[4:12], canary) == "" || leaked(fmt.Sprintf("%x", canary), canary) == "" {
			t.Error("leaked did not find the secret in the text")
		}
	})
}

func TestLogsContainWhatOperatorsNeed(t *testing.T) {
	var log bytes.Buffer
	s := newSetup(t, func(c *middleware.Config) {
		c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	_, _ = s.verify(s.Token(s.Header(), s.Claims("exp", "1")))
	for _, part := range []string{"level=DEBUG", "status=401", "reason=expired", "issuer=" + s.Issuer, "alg=ES256", "token=", "took="} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("got %q, want %q in it", log.String(), part)
		}
	}
	log.Reset()
	_, _ = s.v.Authorize(make(http.Header), request(t, "Bearer not a token"))
	if !strings.Contains(log.String(), `reason=malformed_request`) || !strings.Contains(log.String(), `token="" `) {
		t.Errorf("got %q for text that is not a token, want no fingerprint of it", log.String())
	}
	log.Reset()
	if _, err := s.verify(s.Good()); err != nil || log.Len() != 0 {
		t.Errorf("got %v and %q for a good token, want no log", err, log.String())
	}
	if _, err := s.v.Explain(t.Context(), middleware.Credentials{Token: s.Token(s.Header(), s.Claims("exp", "1"))}); err == nil || log.Len() != 0 {
		t.Errorf("Explain: got %v and the log %q, want a refusal and no log", err, log.String())
	}
	down := testserver.New(t, testserver.Addr(program.Address(t)))
	token := down.Token()
	_ = down.Close()
	v := newVerifier(t, middleware.Config{Audience: "api", Issuers: []middleware.Issuer{{URL: down.Issuer()}}, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	_, _ = v.Verify(t.Context(), middleware.Credentials{Token: token})
	for _, part := range []string{"level=WARN", "reason=unavailable", "connection failed", down.Issuer()} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("got %q, want %q in it", log.String(), part)
		}
	}
}

func TestThreatsSameAnswerForEveryForgery(t *testing.T) {
	s := newSetup(t)
	rs := s.with("RS256")
	answers := make(map[string]bool)
	forgeries := map[string]string{
		"unknown kid": s.Token(s.Header("kid", `"unknown"`), s.Claims()), "bad signature": s.Good()[:len(s.Good())-8] + "AAAAAAAA",
		"another algorithm": rs.Token(rs.Header("kid", `"`+s.Key.ID+`"`), rs.Claims()), "an algorithm not accepted": s.Token(s.Header("alg", `"HS256"`), s.Claims()),
		"alg none": s.Token(s.Header("alg", `"none"`), s.Claims()),
	}
	for name, token := range forgeries {
		t.Run("E06/"+name+" is answered like the others", func(t *testing.T) {
			h := make(http.Header)
			_, err := s.v.Authorize(h, request(t, "Bearer "+token), scopes.All("read"))
			var refusal *middleware.Error
			if !errors.As(err, &refusal) {
				t.Fatalf("got %v, want a refusal", err)
			}
			answers[fmt.Sprint(refusal.StatusCode(), bodyOf(refusal), h)] = true
			if len(answers) != 1 {
				t.Errorf("got different answers, want the same answer for each cause: %v", answers)
			}
		})
	}
}

func TestThreatsLabelsAreClosedSets(t *testing.T) {
	labels := make(map[string]bool)
	s := newSetup(t, func(c *middleware.Config) {
		c.Observe = func(_ context.Context, o middleware.Observation) {
			labels[fmt.Sprint(o.Issuer, o.Algorithm, o.Code, o.Reason)] = true
		}
	})
	for i := range 3000 {
		unique := fmt.Sprintf(`"u%d"`, i)
		for _, token := range []string{
			s.Token(s.Header("kid", unique), s.Claims()), s.Token(s.Header("alg", unique), s.Claims()), s.Token(s.Header("typ", unique), s.Claims()),
			s.Token(s.Header(), s.Claims("iss", unique)), s.Token(s.Header(), s.Claims("client_id", unique, "aud", unique)),
		} {
			_, _ = s.verify(token)
		}
	}
	t.Run("E05/15 000 distinct values make five labels", func(t *testing.T) {
		if len(labels) != 5 {
			t.Errorf("got %d labels, want 5: %v", len(labels), labels)
		}
	})
}

func TestThreatsNothingGrows(t *testing.T) {
	s := newSetup(t)
	attack := func(i int) {
		unique := fmt.Sprintf(`"u%d"`, i)
		for _, token := range []string{
			"opaque", strings.Repeat(".", 9000), s.Token(s.Header("kid", unique), s.Claims()), s.Token(s.Header(), s.Claims("iss", unique)),
			forge.Encode(s.Header()) + "." + forge.Encode(strings.Repeat("[", 4000)) + ".AA", s.Good()[:200],
		} {
			if _, err := s.verify(token); err == nil {
				t.Fatal("the verifier accepted a hostile token")
			}
		}
	}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	attack(-1)
	before, goroutines := heap(), runtime.NumGoroutine()
	for i := range 5000 {
		attack(i)
	}
	t.Run("E11/30 000 attacks leave no goroutine", func(t *testing.T) {
		if got := runtime.NumGoroutine(); got > goroutines+1 { // one more, for the goroutine of the subtest
			t.Errorf("got %d goroutines, want %d", got, goroutines)
		}
	})
	t.Run("E12/30 000 attacks leave the heap as it was", func(t *testing.T) {
		if after := heap(); after > before+1<<20 {
			t.Errorf("got %d bytes more, want less than a megabyte", after-before)
		}
	})
}

func TestThreatsProcessWideSettings(t *testing.T) {
	t.Setenv("GODEBUG", "rsa1024min=0")
	weak := testserver.New(t, testserver.Clock(clock))
	weak.Publish(testserver.Key{ID: "weak", Alg: "RS256", Private: weakRSA(t)})
	s := &setup{v: newVerifier(t, middleware.Config{Audience: "api", Issuers: []middleware.Issuer{{URL: weak.Issuer()}}, Logger: quiet, Now: clock})}
	m := forge.Maker{Key: testserver.Key{ID: "weak", Alg: "RS256", Private: weakRSA(t)}, Issuer: weak.Issuer(), Audience: "api", Now: now}
	s.check(t, "E13", []tokenCase{{"a key of 1024 bits is refused though the runtime would allow it", m.Good(), middleware.ErrSignature}})

	anything := acceptsAll{}
	jwt.RegisterSigningMethod("XS256", func() jwt.SigningMethod { return anything })
	honest := newSetup(t)
	honest.check(t, "E14", []tokenCase{{"an algorithm that another package registered is refused", honest.Token(honest.Header("alg", `"XS256"`), honest.Claims()), middleware.ErrAlgorithm}})
	jwt.RegisterSigningMethod("ES256", func() jwt.SigningMethod { return anything })
	t.Cleanup(func() { jwt.RegisterSigningMethod("ES256", func() jwt.SigningMethod { return jwt.SigningMethodES256 }) })
	honest.check(t, "E14", []tokenCase{
		{"an algorithm that another package replaced verifies as before", honest.Good(), nil},
		{"an algorithm that another package replaced still refuses a forgery", honest.Good()[:len(honest.Good())-8] + "AAAAAAAA", middleware.ErrSignature},
	})
}

type acceptsAll struct{}

func (acceptsAll) Verify(string, []byte, any) error { return nil }
func (acceptsAll) Sign(string, any) ([]byte, error) { return nil, nil }
func (acceptsAll) Alg() string                      { return "XS256" }

func TestThreatsConfiguredText(t *testing.T) {
	for name, realm := range map[string]string{"a quote": `a"b`, "a backslash": `a\`, "a line break": "a\r\nb", "a NUL": "a\x00", "non-ASCII": "réalm", "a DEL": "a\x7f"} {
		t.Run("E01/"+name+" in the realm is a fault of the configuration", func(t *testing.T) {
			_, err := middleware.NewVerifier(middleware.Config{Audience: "api", Realm: realm, Issuers: []middleware.Issuer{{URL: "https://as.example.com"}}})
			if err == nil || !strings.Contains(err.Error(), "Realm") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Programs can create an Error themselves, with any text.
func TestThreatsTextOfACaller(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"printable text", "the plan has ended", `, error_description="the plan has ended"`},
		{"a quote", `a"b`, ""},
		{"a backslash", `a\b`, ""},
		{"a line break", "a\r\nSet-Cookie: a=b", ""},
		{"non-ASCII", "é", ""},
		{"no text", "", ""},
	} {
		t.Run("E01/"+tt.name+" in a description", func(t *testing.T) {
			h := make(http.Header)
			(&middleware.Error{Code: middleware.CodeInvalidToken, Description: tt.text}).SetHeader(h)
			if got, want := h.Get("WWW-Authenticate"), `Bearer realm="api", error="invalid_token"`+tt.want; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
		t.Run("E01/"+tt.name+" in a code", func(t *testing.T) {
			h := make(http.Header)
			(&middleware.Error{Code: middleware.Code(tt.text)}).SetHeader(h)
			want := `Bearer realm="api"`
			if tt.want != "" {
				want += `, error="` + tt.text + `"`
			}
			if got := h.Get("WWW-Authenticate"); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
