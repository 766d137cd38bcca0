package introspect_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
)

// secrets are what nobody is told: each is found by any eight of its bytes.
var secrets = map[string]string{
	"the token": "tok3n-Aq8Zs5Wx", "our secret": "s3cret-Pl0Mko9N", "a claim": "cl4im-Yh6Tg5Rf", "our own token": "0wn-Bv7Nc6Mx", "a body": canary,
}

func leaked(text, secret string) bool {
	for i := 0; i+8 <= len(secret); i++ {
		piece := secret[i : i+8]
		if strings.Contains(text, piece) || strings.Contains(text, hex.EncodeToString([]byte(piece))) {
			return true
		}
	}
	return false
}

func TestNothingIsTold(t *testing.T) {
	token, secret, claim, own := secrets["the token"], secrets["our secret"], secrets["a claim"], secrets["our own token"]
	body := `{"active":true,"sub":"` + claim + `","x":"` + canary + `","echo":"` + token + `"}`
	key := newSigner(t, "ES256")
	paths := map[string]struct {
		answer answer
		change func(*introspect.Config)
	}{
		"an active token":      {says(body), nil},
		"an inactive token":    {says(`{"active":false,"sub":"` + claim + `","x":"` + canary + `"}`), nil},
		"a signed answer":      {saysSigned(key.sign(answered("token_introspection", body))), demands(key.set())},
		"a signed odd answer":  {saysSigned(key.sign(answered("iss", `"`+claim+`"`, "x", `"`+canary+`"`))), demands(key.set())},
		"an unsigned answer":   {says(body), demands(key.set())},
		"a signature of noise": {saysSigned(canary + "." + canary + "." + canary), demands(key.set())},
		"a header of noise":    {saysSigned(b64(`{"alg":"`+canary+`"}`) + "." + canary + "." + canary), demands(key.set())},
		"an unknown key ID":    {saysSigned(key.sign(answered(), "kid", canary)), demands(key.set())},
		"no keys":              {saysSigned(key.sign(answered())), demands(source{errors.New(canary + claim)})},
		"a store that fails": {says(body), func(c *introspect.Config) {
			s := newStore()
			s.get = func(_ context.Context, key string) ([]byte, bool, error) { return nil, false, errors.New(key + canary) }
			s.set = func(_ context.Context, _ string, value []byte, _ time.Duration) error {
				return errors.New(string(value))
			}
			c.Cache = s
		}},
		"a store that panics": {says(body), func(c *introspect.Config) {
			s := newStore()
			s.set = func(_ context.Context, _ string, value []byte, _ time.Duration) error { panic(string(value)) }
			c.Cache = s
		}},
		"our own token":                   {says(body), as(introspect.Bearer(func(context.Context) (string, error) { return own, nil }))},
		"our own token with a line break": {says(body), as(introspect.Bearer(func(context.Context) (string, error) { return own + "\r\n" + own, nil }))},
		"no token of our own":             {says(body), as(introspect.Bearer(func(context.Context) (string, error) { return own, errors.New(own) }))},
		"a panic for our own":             {says(body), as(introspect.Bearer(func(context.Context) (string, error) { panic(own) }))},
		"a secret in the body":            {status(401, body), as(introspect.Post("api", secret))},
		"metadata that are odd":           {says(body), func(c *introspect.Config) { c.Issuer, c.Endpoint = "https://as.example.com/"+canary, "" }},
		"an endpoint that tells":          {refused, func(c *introspect.Config) { c.Endpoint += "?key=" + canary }},
	}
	for name, failure := range failures {
		paths["an answer that is "+name] = struct {
			answer answer
			change func(*introspect.Config)
		}{failure, nil}
	}
	for name, odd := range unreadable {
		paths["an answer in which "+name] = struct {
			answer answer
			change func(*introspect.Config)
		}{says(strings.ReplaceAll(odd, canary, claim)), nil}
	}
	for name, path := range paths {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var heard bytes.Buffer
				options := &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}
				logger := slog.New(slog.NewMultiHandler(slog.NewTextHandler(&heard, options), slog.NewJSONHandler(&heard, options)))
				tell := func(values ...any) {
					for _, v := range values {
						fmt.Fprintf(&heard, "%v %+v %#v %s %q %x %d\n", v, v, v, v, v, v, v)
						logger.Info("app", "value", v)
						text, _ := json.Marshal(v)
						heard.Write(text)
					}
				}
				config := introspect.Config{Endpoint: endpoint, Auth: introspect.Basic("api", secret), Client: newSite(path.answer).client(), Logger: logger}
				if path.change != nil {
					path.change(&config)
				}
				tell(config.Auth, &config.Auth)
				c, err := introspect.New(config)
				if err != nil {
					t.Fatal(err)
				}
				for range 2 {
					r, err := c.Introspect(t.Context(), token)
					for e := err; e != nil; e = errors.Unwrap(e) {
						tell(e)
					}
					if r != nil {
						tell(r, *r)
					}
				}
				for what, secret := range secrets {
					if leaked(heard.String(), secret) {
						t.Errorf("%s was told:\n%s", what, heard.String())
					}
				}
			})
		})
	}
	t.Run("the search finds what it looks for", func(t *testing.T) {
		for _, secret := range secrets {
			if !leaked("log: "+secret[3:11], secret) || !leaked(fmt.Sprintf("%x", secret), secret) {
				t.Error("got no piece found")
			}
		}
	})
}
