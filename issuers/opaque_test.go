package issuers_test

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/internal/shapes"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
)

// strangeKey makes the nth key of others. RSA keys take long, so they are made once.
func strangeKey(alg testserver.Alg, n int) testserver.Key {
	type place struct {
		alg testserver.Alg
		n   int
	}
	made, ok := strangeKeys.Load(place{alg, n})
	if !ok {
		made, _ = strangeKeys.LoadOrStore(place{alg, n}, testserver.GenerateKey(alg, ""))
	}
	return made.(testserver.Key)
}

var strangeKeys sync.Map

// introspect answers a question about an opaque token.
func (p *provider) introspect(r *http.Request) (*http.Response, error) {
	form, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	asked, err := url.QueryUnescape(string(form))
	if err != nil {
		return nil, err
	}
	asked += r.Header.Get("Authorization")
	status, body := p.preset.unknown, []byte(`{"active":false,"message":"Not Found"}`)
	if status == 0 {
		status = http.StatusOK
	}
	p.about.Range(func(token, answer any) bool {
		found := strings.Contains(asked, token.(string))
		if found {
			status, body = http.StatusOK, answer.([]byte)
		}
		return !found
	})
	return answer(status, body)
}

// opaque makes the token of a row, and what introspection answers about it.
func (p *provider) opaque(t *testing.T, row shapes.Row) string {
	t.Helper()
	about := map[string]any{}
	if p.preset.unknown == 0 && !slices.ContainsFunc(p.shape.Introspection, func(m shapes.Member) bool { return m.Name == "exp" }) {
		about["active"], about["exp"] = true, time.Now().Add(time.Hour).Unix()
	}
	filling(p.shape).Put(about, slices.Concat(p.shape.Introspection, row.Claims)...)
	text, err := json.Marshal(about)
	if err != nil {
		t.Fatal(err)
	}
	token := p.preset.opaque + rand.Text()
	if !row.AnotherKey {
		p.about.Store(token, text)
	}
	return token
}

// call returns the status of an API for a request with a header.
func call(v *middleware.Verifier, header http.Header, need ...scopes.Requirement) int {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header = header
	rec := httptest.NewRecorder()
	httpauth.Require(v, need...)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(rec, r)
	return rec.Code
}
