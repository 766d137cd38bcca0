package issuers_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	echo4 "github.com/labstack/echo/v4"
	echo5 "github.com/labstack/echo/v5"

	"github.com/bearerguard/bearerguard/adapters/echo5auth"
	"github.com/bearerguard/bearerguard/adapters/echoauth"
	"github.com/bearerguard/bearerguard/adapters/ginauth"
	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/internal/shapes"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
)

// provider imitates a real authorization server. Its tokens have the same
// header and claims as the tokens of that server. It answers requests to any
// URL.
type provider struct {
	*testserver.Server
	preset    preset
	shape     shapes.Shape
	conf      []middleware.Issuer
	jwks      []byte
	responses sync.Map // introspection responses, by opaque token
}

func newProvider(t *testing.T, p preset) *provider {
	t.Helper()
	shape, found := shapes.Find(p.shape)
	if !found {
		t.Fatalf("no shape %q", p.shape)
	}
	alg := shape.Alg
	if alg == "" {
		alg = "RS256"
	}
	as := testserver.New(t, testserver.InMemory(), testserver.SigningAlg(testserver.Alg(alg)))
	made := &provider{Server: as, preset: p, shape: shape}
	if made.jwks = made.keySet(t); p.issuers != nil {
		made.conf = p.issuers()
	} else {
		made.conf = p.withClient(&http.Client{Transport: made})
	}
	return made
}

// verifier returns the verifier of an API that trusts the provider.
func (p *provider) verifier(t *testing.T) *middleware.Verifier {
	t.Helper()
	v, err := middleware.NewVerifier(p.config())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (p *provider) config() middleware.Config {
	return middleware.Config{Audience: p.shape.Audience, Issuers: p.conf, TokenHeader: p.preset.tokenHeader, Client: &http.Client{Transport: p}}
}

// keySet returns the key set of the imitated server. The set and its keys have
// the extra members that the real server sends.
func (p *provider) keySet(t *testing.T) []byte {
	t.Helper()
	keys := p.shape.Keys
	if keys == nil {
		keys = []shapes.Key{{Alg: string(p.SigningKey().Alg)}}
	}
	var set []map[string]any
	for i, k := range keys {
		jwk := map[string]any{}
		if k.Alg != "" {
			key := p.SigningKey()
			if i > 0 {
				key = foreignKey(testserver.Alg(k.Alg), i)
			}
			text, err := key.JWK(false)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(text, &jwk); err != nil {
				t.Fatal(err)
			}
		}
		filling(p.shape).Put(jwk, k.Members...)
		set = append(set, jwk)
	}
	whole := map[string]any{"keys": set}
	filling(p.shape).Put(whole, p.shape.Set...)
	text, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// filling returns the values for the placeholders in a shape.
func filling(s shapes.Shape) shapes.Filling {
	return shapes.Filling{Issuer: s.Issuer, Audience: s.Audience, Now: time.Now().Unix()}
}

// RoundTrip answers the requests of a verifier. It treats a POST as an
// introspection request. For a well-known location or the MetadataURL of an
// issuer, it returns metadata. For all other URLs, it returns the key set.
func (p *provider) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost {
		return p.introspect(r)
	}
	body := p.jwks
	for _, i := range p.conf {
		named := i.MetadataIssuer
		if named == "" {
			named = i.URL
		}
		at := r.URL.String()
		if at == i.MetadataURL || i.MetadataURL == "" && i.KeysURL == "" && strings.HasPrefix(at, strings.TrimSuffix(named, "/")+"/.well-known/") {
			doc := map[string]any{"issuer": named, "jwks_uri": "https://keys.invalid/jwks"}
			filling(p.shape).Put(doc, p.shape.Metadata...)
			var err error
			if body, err = json.Marshal(doc); err != nil {
				return nil, err
			}
		}
	}
	return answer(http.StatusOK, body)
}

func answer(status int, body []byte) (*http.Response, error) {
	rec := httptest.NewRecorder()
	rec.Header().Set("Content-Type", "application/json")
	rec.WriteHeader(status)
	_, err := rec.Write(body)
	return rec.Result(), err
}

// mint returns the token that row describes.
func (p *provider) mint(t *testing.T, row shapes.Row) string {
	t.Helper()
	s := p.shape
	switch {
	case p.preset.mint != nil:
		return p.preset.mint(t, s, row)
	case s.Introspection != nil:
		return p.opaque(t, row)
	}
	claims := slices.Concat([]shapes.Member{
		{Name: "iss", Value: "{issuer}"}, {Name: "sub", Value: "u1"}, {Name: "aud", Value: "{audience}"}, {Name: "nbf"}, {Name: "jti"}, {Name: "client_id"},
	}, s.Claims, row.Claims)
	var opts []testserver.TokenOption
	for _, m := range claims {
		switch m.Value.(type) {
		case nil:
			opts = append(opts, testserver.Without(m.Name))
		case shapes.Null:
			opts = append(opts, testserver.Claim(m.Name, nil))
		default:
			opts = append(opts, testserver.Claim(m.Name, filling(s).Value(m.Value)))
		}
	}
	header := map[string]any{}
	filling(s).Put(header, slices.Concat(s.Header, row.Header)...)
	key := p.SigningKey()
	if row.AnotherKey {
		key = foreignKey(key.Alg, 0)
		key.ID = p.SigningKey().ID
	}
	if slices.Contains(slices.Concat(s.Header, row.Header), shapes.Member{Name: "kid"}) {
		key.ID = ""
	}
	opts = append(opts, testserver.SignedWith(key), testserver.Typ(""))
	for name, value := range header {
		opts = append(opts, testserver.JOSEHeader(name, value))
	}
	return p.Token(opts...)
}

// apis returns one API for each framework. Each API uses the verifier v and
// enforces the requirements in need.
func apis(v *middleware.Verifier, need ...scopes.Requirement) map[string]http.Handler {
	gin.SetMode(gin.ReleaseMode)
	mux := http.NewServeMux()
	mux.Handle("/", httpauth.Require(v, need...)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	e4 := echo4.New()
	e4.GET("/", func(echo4.Context) error { return nil }, echoauth.Require(v, need...))
	e5 := echo5.New()
	e5.GET("/", func(*echo5.Context) error { return nil }, echo5auth.Require(v, need...))
	g := gin.New()
	g.GET("/", ginauth.Require(v, need...), func(*gin.Context) {})
	return map[string]http.Handler{"net/http": mux, "Echo v4": e4, "Echo v5": e5, "Gin": g}
}

func TestPresetsAcceptOnlyGoodTokens(t *testing.T) {
	for _, p := range presets {
		t.Run(p.shape, func(t *testing.T) {
			made := newProvider(t, p)
			if len(made.shape.Bad) == 0 {
				t.Error("the shape has no bad row, so nothing shows that its tokens are checked")
			}
			v := made.verifier(t)
			rows := slices.Concat([]shapes.Row{{Name: "the sample", Status: 200}}, made.shape.Good, made.shape.Bad,
				[]shapes.Row{{Name: "a token that another key signed", AnotherKey: true, Status: 401}})
			for _, row := range rows {
				var need []scopes.Requirement
				if row.Needs != "" {
					need = append(need, scopes.All(row.Needs))
				}
				token := made.mint(t, row)
				for name, api := range apis(v, need...) {
					r := httptest.NewRequest(http.MethodGet, "/", nil)
					if p.tokenHeader != "" {
						r.Header.Set(p.tokenHeader, token)
					} else {
						r.Header.Set("Authorization", "Bearer "+token)
					}
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

// Every exported function of the package must have a preset in the tables of
// this test package.
func TestEveryFunctionIsAPreset(t *testing.T) {
	functions := map[string]bool{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		source, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range source.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.IsExported() && !strings.HasSuffix(file, "_test.go") {
				functions[f.Name.Name] = true
			}
		}
	}
	for _, p := range presets {
		shape, _ := shapes.Find(p.shape)
		if _, found := functions[shape.Preset]; !found {
			t.Errorf("%s: no function %q", p.shape, shape.Preset)
		}
		functions[shape.Preset] = false
	}
	maps.DeleteFunc(functions, func(_ string, missing bool) bool { return !missing })
	for _, name := range slices.Sorted(maps.Keys(functions)) {
		t.Errorf("%s is not in the table of presets", name)
	}
	if _, err := os.Stat("presets_test.go"); err != nil {
		t.Fatal(err)
	}
}
