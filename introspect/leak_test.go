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

// secrets must not appear in logs or errors. Eight consecutive bytes of a
// secret in the output are already a leak.
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

func TestNoSecretsInLogsAndErrors(t *testing.T) {
	token, secret, claim, own := secrets["the token"], secrets["our secret"], secrets["a claim"], secrets["our own token"]
	body := `{"active":true,"sub":"` + claim + `","x":"` + canary + `","echo":"` + token + `"}`
	key := newSigner(t, "ES256")
	cases := map[string]struct {
		answer answer
		change func(*introspect.Config)
	}{
		"an active token":     {respondOK(body), nil},
		"an inactive token":   {respondOK(`{"active":false,"sub":"` + claim + `","x":"` + canary + `"}`), nil},
		"a signed answer":     {respondSigned(key.sign(signedPayload("token_introspection", body))), requireSigned(key.set())},
		"a signed odd answer": {respondSigned(key.sign(signedPayload("iss", `"`+claim+`"`, "x", `"`+canary+`"`))), requireSigned(key.set())},
		"an unsigned answer":  {respondOK(body), requireSigned(key.set())},
		"a random signature":  {respondSigned(canary + "." + canary + "." + canary), requireSigned(key.set())},
		"an invalid header":   {respondSigned(b64(`{"alg":"`+canary+`"}`) + "." + canary + "." + canary), requireSigned(key.set())},
		"an unknown key ID":   {respondSigned(key.sign(signedPayload(), "kid", canary)), requireSigned(key.set())},
		"no keys":             {respondSigned(key.sign(signedPayload())), requireSigned(source{errors.New(canary + claim)})},
		"a store that fails": {respondOK(body), func(c *introspect.Config) {
			s := newStore()
			s.get = func(_ context.Context, key string) ([]byte, bool, error) { return nil, false, errors.New(key + canary) }
			s.set = func(_ context.Context, _ string, value []byte, _ time.Duration) error {
				return errors.New(string(value))
			}
			c.Cache = s
		}},
		"a store that panics": {respondOK(body), func(c *introspect.Config) {
			s := newStore()
			s.set = func(_ context.Context, _ string, value []byte, _ time.Duration) error { panic(string(value)) }
			c.Cache = s
		}},
		"our own token":                   {respondOK(body), withAuth(introspect.Bearer(func(context.Context) (string, error) { return own, nil }))},
		"our own token with a line break": {respondOK(body), withAuth(introspect.Bearer(func(context.Context) (string, error) { return own + "\r\n" + own, nil }))},
		"an error for our own token":      {respondOK(body), withAuth(introspect.Bearer(func(context.Context) (string, error) { return own, errors.New(own) }))},
		"a panic for our own token":       {respondOK(body), withAuth(introspect.Bearer(func(context.Context) (string, error) { panic(own) }))},
		"a secret in the body":            {status(401, body), withAuth(introspect.Post("api", secret))},
		"invalid metadata":                {respondOK(body), func(c *introspect.Config) { c.Issuer, c.Endpoint = "https://as.example.com/"+canary, "" }},
		"an endpoint with a secret":       {connectionRefused, func(c *introspect.Config) { c.Endpoint += "?key=" + canary }},
	}
	for name, failure := range upstreamFailures {
		cases["an answer that is "+name] = struct {
			answer answer
			change func(*introspect.Config)
		}{failure, nil}
	}
	for name, odd := range invalidAnswers {
		cases["an answer in which "+name] = struct {
			answer answer
			change func(*introspect.Config)
		}{respondOK(strings.ReplaceAll(odd, canary, claim)), nil}
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var output bytes.Buffer
				options := &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}
				logger := slog.New(slog.NewMultiHandler(slog.NewTextHandler(&output, options), slog.NewJSONHandler(&output, options)))
				record := func(values ...any) {
					for _, v := range values {
						fmt.Fprintf(&output, "%v %+v %#v %s %q %x %d\n", v, v, v, v, v, v, v)
						logger.Info("app", "value", v)
						text, _ := json.Marshal(v)
						output.Write(text)
					}
				}
				config := introspect.Config{Endpoint: endpoint, Auth: introspect.Basic("api", secret), Client: newSite(test.answer).client(), Logger: logger}
				if test.change != nil {
					test.change(&config)
				}
				record(config.Auth, &config.Auth)
				c, err := introspect.New(config)
				if err != nil {
					t.Fatal(err)
				}
				for range 2 {
					r, err := c.Introspect(t.Context(), token)
					for e := err; e != nil; e = errors.Unwrap(e) {
						record(e)
					}
					if r != nil {
						record(r, *r)
					}
				}
				for what, secret := range secrets {
					if leaked(output.String(), secret) {
						t.Errorf("the output contains a secret, %s:\n%s", what, output.String())
					}
				}
			})
		})
	}
	t.Run("the search finds secrets", func(t *testing.T) {
		for _, secret := range secrets {
			if !leaked("log: "+secret[3:11], secret) || !leaked(fmt.Sprintf("%x", secret), secret) {
				t.Error("the secret was not found")
			}
		}
	})
}
