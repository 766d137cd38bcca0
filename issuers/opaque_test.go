package issuers_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/internal/shapes"
	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/issuers"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// opaque is how a provider of opaque tokens is configured. The calls are those of
// docs/providers.md.
type opaque struct {
	shape    string
	endpoint string // where the issuer asks
	issuer   func(introspect.Config) middleware.Issuer
}

var opaques = []opaque{
	{"hydra-opaque", "https://hydra-admin.example.com/admin/oauth2/introspect", func(c introspect.Config) middleware.Issuer {
		c.Endpoint = "https://hydra-admin.example.com/admin/oauth2/introspect"
		return asking(issuers.Hydra("https://hydra.example.com/", "https://api.example.com"), c)
	}},
	{"zitadel-opaque", "https://acme.zitadel.cloud/oauth/v2/introspect", func(c introspect.Config) middleware.Issuer {
		c.Endpoint = "https://acme.zitadel.cloud/oauth/v2/introspect"
		return asking(issuers.Zitadel("acme.zitadel.cloud", "218528353504723201"), c)
	}},
	{"authentik-opaque", "https://auth.example.com/application/o/introspect/", func(c introspect.Config) middleware.Issuer {
		c.Endpoint = "https://auth.example.com/application/o/introspect/"
		return asking(issuers.Authentik("https://auth.example.com", "orders", "aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789aBcD"), c)
	}},
	{"doorkeeper", "https://app.example.com/oauth/introspect", func(c introspect.Config) middleware.Issuer {
		return issuers.Doorkeeper("https://app.example.com", c, "aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789aBcD")
	}},
	{"gitlab", "https://gitlab.example.com/oauth/introspect", func(c introspect.Config) middleware.Issuer {
		return issuers.GitLab("https://gitlab.example.com", c, "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9")
	}},
	{"django-oauth-toolkit", "https://id.example.com/o/introspect/", func(c introspect.Config) middleware.Issuer {
		return issuers.DjangoOAuthToolkit("https://id.example.com/o", c, "aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789aBcD")
	}},
}

// asking sets the Introspection of an issuer. Its errors are those of NewVerifier.
func asking(i middleware.Issuer, c introspect.Config) middleware.Issuer {
	i.Introspection, i.Fault = introspect.New(c)
	return i
}

// answering is an introspection endpoint: it knows the answers about tokens.
type answering struct {
	at      string
	answers map[string][]byte
}

func (a *answering) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	rec.Header().Set("Content-Type", "application/json")
	answer := []byte(`{"active":false}`)
	switch {
	case r.URL.String() != a.at || r.Method != http.MethodPost:
		rec.WriteHeader(http.StatusNotFound)
	case r.ParseForm() == nil && a.answers[r.PostForm.Get("token")] != nil:
		answer = a.answers[r.PostForm.Get("token")]
	}
	_, err := rec.Write(answer)
	return rec.Result(), err
}

// learn makes the token of a row known, and returns it.
func (a *answering) learn(t *testing.T, s shapes.Shape, row shapes.Row) string {
	t.Helper()
	token := fmt.Sprintf("opaque-%d", len(a.answers))
	answer := map[string]any{"active": true, "exp": time.Now().Add(time.Hour).Unix()}
	for _, m := range slices.Concat(s.Introspection, row.Claims) {
		put(answer, m, s, 0)
	}
	text, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	a.answers[token] = text
	return token
}

func TestEveryPresetOfOpaqueTokensTakesGoodOnesAndNoOthers(t *testing.T) {
	for _, p := range opaques {
		t.Run(p.shape, func(t *testing.T) {
			shape, found := shapes.Find(p.shape)
			if !found || len(shape.Bad) == 0 {
				t.Fatalf("there is no shape %q, or it has no bad row", p.shape)
			}
			server := &answering{at: p.endpoint, answers: map[string][]byte{}}
			conf := introspect.Config{Auth: introspect.Basic("api", "secret"), Client: &http.Client{Transport: server}}
			v, err := middleware.NewVerifier(middleware.Config{Issuers: one(p.issuer(conf))})
			if err != nil {
				t.Fatal(err)
			}
			rows := slices.Concat([]shapes.Row{{Name: "the sample", Status: 200}}, shape.Good, shape.Bad,
				[]shapes.Row{{Name: "a token that the server does not know", AnotherKey: true, Status: 401}})
			for _, row := range rows {
				var need []scopes.Requirement
				if row.Needs != "" {
					need = append(need, scopes.All(row.Needs))
				}
				token := "unknown"
				if !row.AnotherKey {
					token = server.learn(t, shape, row)
				}
				for name, api := range apis(v, need...) {
					r := httptest.NewRequest(http.MethodGet, "/", nil)
					r.Header.Set("Authorization", "Bearer "+token)
					rec := httptest.NewRecorder()
					api.ServeHTTP(rec, r)
					if rec.Code != row.Status {
						answer, _ := io.ReadAll(rec.Body)
						t.Errorf("%s, %s: got %d %s, want %d", row.Name, name, rec.Code, answer, row.Status)
					}
				}
			}
		})
	}
}
