package testserver_test

import (
	"bytes"
	"crypto/elliptic"
	"encoding/base64"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// postForm sends a form directly to the introspection handler. The header
// consists of names of header fields, each followed by its value. If a value is
// empty, the field is not sent.
func postForm(s *testserver.Server, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", s.Endpoint(testserver.EndpointIntrospect), strings.NewReader(body))
	r.Header.Set("Content-Type", formType)
	for i := 0; i < len(header); i += 2 {
		if header[i+1] != "" {
			r.Header.Set(header[i], header[i+1])
		}
	}
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	return rec
}

// isActive sends a token directly to the introspection handler and reports
// whether the response says that the token is active.
func isActive(s *testserver.Server, token string) bool {
	return strings.HasPrefix(postForm(s, byPost+"&token="+url.QueryEscape(token)).Body.String(), `{"active":true`)
}

func TestTokensExpireByTheServerClock(t *testing.T) {
	for name, opts := range map[string][]testserver.TokenOption{"opaque": {testserver.OpaqueTokens()}, "a JWT": nil} {
		synctest.Test(t, func(t *testing.T) {
			s := testserver.New(t, testserver.InMemory())
			token := s.Token(opts...)
			for _, step := range []struct {
				advance, sleep time.Duration
				want           bool
			}{
				{0, 0, true},
				{0, 2 * time.Minute, true},
				{3*time.Minute - time.Second, 0, true},
				{0, time.Second - 1, true},
				{0, 1, false},
				{-time.Second, 0, true},
				{-5 * time.Minute, 0, false}, // a time before the token was issued
			} {
				s.Advance(step.advance)
				time.Sleep(step.sleep)
				if got := active(t, s, token); got != step.want {
					t.Errorf("%s, after another %v and %v: got active %v, want %v", name, step.advance, step.sleep, got, step.want)
				}
			}
		})
	}
}

func TestRevokedTokensAreInactive(t *testing.T) {
	s := testserver.New(t)
	for name, opts := range map[string][]testserver.TokenOption{"opaque": {testserver.OpaqueTokens()}, "a JWT": nil} {
		token, other := s.Token(opts...), s.Token(opts...)
		for i := range 2 {
			if !s.Revoke(token) {
				t.Errorf("%s: got false for revocation %d of a token of this server", name, i+1)
			}
			if active(t, s, token) || !active(t, s, other) {
				t.Errorf("%s: want the revoked token inactive, and no other", name)
			}
		}
		if !s.Revoke(s.Token(append(opts, testserver.ExpiresIn(-time.Hour))...)) {
			t.Errorf("%s: got false for a token that has expired", name)
		}
	}
}

func TestRevokeRefusesForeignTokens(t *testing.T) {
	s := testserver.New(t)
	gone := s.Token()
	s.Rotate(testserver.Rotation{DropOld: true})
	s.SetIntrospection("configured", map[string]any{"active": true})
	for name, token := range map[string]string{
		"nothing":                    "",
		"garbage":                    "garbage",
		"configured":                 "configured",
		"a token of another server":  testserver.New(t).Token(),
		"a handle of another server": opaque(testserver.New(t)),
		"an unknown handle":          s.Token(testserver.With(testserver.UnknownOpaque)),
		"of an attacker's key":       s.Token(testserver.With(testserver.ForeignKeySameKid)),
		"of another issuer":          s.Token(testserver.With(testserver.WrongIssuer)),
		"an ID token":                s.Token(testserver.With(testserver.IDTokenAsAccess)),
		"in another spelling":        s.Token(testserver.With(testserver.TrailingBits)),
		"of a retired key":           gone,
		"followed by white space":    s.Token() + "\n",
	} {
		if s.Revoke(token) {
			t.Errorf("%s: got true, want false", name)
		}
	}
	if _, got := introspectionResponse(t, s, "configured"); got != `{"active":true}` {
		t.Errorf("got %s, want the configured reply", got)
	}
}

// If (r, s) is a valid ECDSA signature, (r, n-s) is valid too, and anybody can
// compute (r, n-s). Revoking a token must also revoke the token with the other
// signature.
func TestMalleatedRevokedTokenIsInactive(t *testing.T) {
	s := testserver.New(t)
	token := s.Token()
	_, _, sig := decodeSegments(t, token)
	n := elliptic.P256().Params().N
	negated := new(big.Int).Sub(n, new(big.Int).SetBytes(sig[32:]))
	negated.FillBytes(sig[32:])
	malleated := token[:strings.LastIndexByte(token, '.')+1] + base64.RawURLEncoding.EncodeToString(sig)
	if malleated == token || !active(t, s, malleated) {
		t.Fatal("got the malleated token inactive or unchanged, want another token that is active")
	}
	s.Revoke(token)
	if active(t, s, malleated) {
		t.Error("got a malleated revoked token active")
	}
}

func TestResetDeletesTokensAndKeepsClients(t *testing.T) {
	s := testserver.New(t, testserver.Clients(encodedClient))
	handle, revoked := opaque(s), s.Token()
	s.Revoke(revoked)
	s.SetIntrospection("configured", map[string]any{"active": true})
	s.Reset()
	if isActive(s, handle) || !isActive(s, revoked) || isActive(s, "configured") || s.Revoke(handle) {
		t.Error("want opaque tokens unknown, no revocations and no configured replies")
	}
	if !isActive(s, opaque(s)) || postForm(s, "token=x", "Authorization", basic(url.QueryEscape(encodedClient.ID)+":"+url.QueryEscape(encodedClient.Secret))).Code != 200 {
		t.Error("want new tokens active, and clients unchanged")
	}
}

func TestStoredTokensAreBounded(t *testing.T) {
	const bound = 100_000
	s := unstarted(t)
	first, second := opaque(s), opaque(s)
	jwt := s.Token()
	s.Revoke(jwt)
	s.Revoke(second)
	s.Revoke(second) // revoking the same token again does not add a revocation
	for range bound - 2 {
		s.Revoke(opaque(s))
	}
	if !isActive(s, first) || isActive(s, jwt) {
		t.Error("at the bound: want all tokens and revocations stored")
	}
	last := opaque(s)
	s.Revoke(last)
	if isActive(s, first) || !isActive(s, jwt) || isActive(s, second) || isActive(s, last) || !s.Revoke(second) {
		t.Error("past it: want only the oldest token and the oldest revocation dropped")
	}
}

func TestConcurrentIntrospection(t *testing.T) {
	s := testserver.New(t)
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			for j := range 10 {
				sub := fmt.Sprintf("user-%d-%d", i, j)
				token := opaque(s, testserver.Subject(sub))
				jwt := s.Token(testserver.Subject(sub))
				s.SetIntrospection(sub, map[string]any{"active": true, "sub": sub})
				for _, text := range []string{token, jwt, sub} {
					if _, got := introspectionResponse(t, s, text, "application/json"); !strings.Contains(got, `"sub":"`+sub+`"`) {
						t.Errorf("got %s, want the claims of %s", got, sub)
					}
				}
				if !s.Revoke(token) || active(t, s, token) {
					t.Errorf("%s: want the token revoked", sub)
				}
				s.SetIntrospection(sub, nil)
				_, _ = introspectionResponse(t, s, jwt, signedType)
				_ = s.Requests(testserver.EndpointIntrospect)
			}
		})
	}
	group.Wait()
	if got := s.Count(testserver.EndpointIntrospect); got != 50*10*5 {
		t.Errorf("got %d requests, want %d", got, 50*10*5)
	}
}

func TestSameSeedGivesSameHandles(t *testing.T) {
	handles := func(seed string) (texts []string) {
		s := testserver.New(t, testserver.InMemory(), testserver.Seed(seed), testserver.Clock(atNoon))
		for _, d := range []testserver.Defect{testserver.InactiveOpaque, testserver.UnknownOpaque, testserver.Expired} {
			texts = append(texts, opaque(s), opaque(s, testserver.With(d)))
		}
		_, signed := introspectionResponse(t, s, texts[0], signedType)
		return append(texts, signed)
	}
	one, same, other := handles("a"), handles("a"), handles("b")
	if strings.Join(one, " ") != strings.Join(same, " ") {
		t.Error("got other handles or responses from the same seed, want the same bytes")
	}
	seen := map[string]bool{}
	for _, text := range append(one, other...) {
		if seen[text] {
			t.Error("got the same handle twice")
		}
		seen[text] = true
	}
	if got, want := testserver.New(t, testserver.Seed("a")).SigningKey().ID, func() string {
		s := testserver.New(t, testserver.Seed("a"), testserver.OpaqueTokens())
		s.Token()
		return s.SigningKey().ID
	}(); got != want {
		t.Errorf("got key %s, want the same key as on a server with other tokens, %s", got, want)
	}
}

var handleText = regexp.MustCompile(`^[A-Za-z0-9_-]{32}$`)

// The server must not issue an opaque token that an API may mistake for a JWT.
// This could happen if the token, decoded from base64url, begins with a brace
// or with white space.
func TestHandlesAreNotTakenForJWTs(t *testing.T) {
	s := testserver.New(t, testserver.OpaqueTokens())
	seen := map[string]bool{}
	for range 2000 {
		token := s.Token()
		raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
		if err != nil || !handleText.MatchString(token) || bytes.ContainsRune([]byte("{ \t\r\n"), rune(raw[0])) || seen[token] {
			t.Fatalf("got %s, want 24 random bytes in base64url that no JSON text begins with", token)
		}
		seen[token] = true
	}
}

func TestNoSecretIsRecordedOrReturned(t *testing.T) {
	s := testserver.New(t, testserver.Clients(testserver.Client{ID: "canary-client", Secret: "canary-secret"}))
	token, jwt := opaque(s), s.Token()
	good := url.Values{"token": {token}, "client_id": {"canary-client"}, "client_secret": {"canary-secret"}, "token_type_hint": {"canary-hint"}}
	var answers strings.Builder
	for body, header := range map[string][]string{
		good.Encode():                         nil,
		good.Encode() + "&":                   {"Authorization", basic("canary-client:canary-secret")},
		"token=" + jwt:                        {"Authorization", basic("canary-client:canary-secret-wrong")},
		"token=" + token:                      {"Authorization", "Bearer " + token},
		token:                                 {"Authorization", basic("canary-client:canary-secret")},
		`{"token":"` + token + `"}`:           nil,
		"token=" + token + "&token=" + jwt:    nil,
		jwt + "=" + token + "&x=" + jwt:       nil,
		"client_assertion=" + jwt + "&a=%zz":  nil,
		"assertion=" + jwt + ";code=" + token: nil,
		"token=" + jwt + "&x=" + strings.Repeat("canary-secret", 10_000): nil,
	} {
		rec := postForm(s, body, header...)
		fmt.Fprintln(&answers, rec.Header())
		if rec.Code != http.StatusOK {
			answers.Write(rec.Body.Bytes())
		}
	}
	record := fmt.Sprintf("%+v %#v", s.Requests(), s.Requests())
	for _, secret := range append(strings.Split(jwt, "."), token, "canary-secret", basic("canary-client:canary-secret")[6:]) {
		if strings.Contains(record, secret) {
			t.Errorf("got %q recorded", secret)
		}
		if strings.Contains(answers.String(), secret) {
			t.Errorf("got %q returned", secret)
		}
	}
	if got := len(s.Requests(testserver.EndpointIntrospect)); got != 11 {
		t.Errorf("got %d requests, want 11", got)
	}
}
