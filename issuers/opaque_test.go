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

// foreignKey returns the nth key besides the server's own. It caches the keys,
// since generating RSA keys is slow.
func foreignKey(alg testserver.Alg, n int) testserver.Key {
	type id struct {
		alg testserver.Alg
		n   int
	}
	made, ok := foreignKeys.Load(id{alg, n})
	if !ok {
		made, _ = foreignKeys.LoadOrStore(id{alg, n}, testserver.GenerateKey(alg, ""))
	}
	return made.(testserver.Key)
}

var foreignKeys sync.Map

// introspect returns the response to an introspection request.
func (p *provider) introspect(r *http.Request) (*http.Response, error) {
	form, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	request, err := url.QueryUnescape(string(form))
	if err != nil {
		return nil, err
	}
	request += r.Header.Get("Authorization")
	status, body := p.preset.unknown, []byte(`{"active":false,"message":"Not Found"}`)
	if status == 0 {
		status = http.StatusOK
	}
	p.responses.Range(func(token, answer any) bool {
		found := strings.Contains(request, token.(string))
		if found {
			status, body = http.StatusOK, answer.([]byte)
		}
		return !found
	})
	return answer(status, body)
}

// opaque returns a new opaque token for a test case. Unless row.AnotherKey is
// set, opaque also stores the introspection response for this token.
func (p *provider) opaque(t *testing.T, row shapes.Row) string {
	t.Helper()
	response := map[string]any{}
	if p.preset.unknown == 0 && !slices.ContainsFunc(p.shape.Introspection, func(m shapes.Member) bool { return m.Name == "exp" }) {
		response["active"], response["exp"] = true, time.Now().Add(time.Hour).Unix()
	}
	filling(p.shape).Put(response, slices.Concat(p.shape.Introspection, row.Claims)...)
	text, err := json.Marshal(response)
	if err != nil {
		t.Fatal(err)
	}
	token := p.preset.opaque + rand.Text()
	if !row.AnotherKey {
		p.responses.Store(token, text)
	}
	return token
}

// call returns the status with which an API answers a request with the given
// header.
func call(v *middleware.Verifier, header http.Header, need ...scopes.Requirement) int {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header = header
	rec := httptest.NewRecorder()
	httpauth.Require(v, need...)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(rec, r)
	return rec.Code
}
