package middleware_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestFaultsInTheDescriptionOfAnIssuer(t *testing.T) {
	const guid = "72f988bf-86f1-41af-91ab-2d7cd011db47"
	const entra = "https://login.example/{tenantid}/v2.0"
	keys, err := jwks.NewRemote("https://id.example/keys", jwks.Options{})
	if err != nil {
		t.Fatal(err)
	}
	asker, err := introspect.New(introspect.Config{Endpoint: "https://id.example/introspect", Auth: introspect.Basic("a", "b")})
	if err != nil {
		t.Fatal(err)
	}
	secret := jwks.Secret("", make([]byte, 32))
	fixed, err := jwks.PEM(map[string]string{"a": publicPEM})
	if err != nil {
		t.Fatal(err)
	}
	type issuer = middleware.Issuer
	const url = "https://id.example"
	for name, tt := range map[string]struct {
		issuer issuer
		want   string // part of the error; "" if no fault is expected
	}{
		"a name that is not a URL, without keys":   {issuer{URL: "acme.com"}, "URL"},
		"a name that is not a URL, with keys":      {issuer{URL: "acme.com", Keys: keys}, ""},
		"a name that is not a URL, with metadata":  {issuer{URL: "http://adfs.example/trust", MetadataIssuer: url}, ""},
		"a name with a space":                      {issuer{URL: "acme com", Keys: keys}, "URL: must be printable ASCII"},
		"no name":                                  {issuer{Keys: keys}, "URL: must be printable ASCII"},
		"an alias that is empty":                   {issuer{URL: url, Aliases: []string{""}}, "Aliases: must be printable"},
		"an alias that is the name":                {issuer{URL: url, Aliases: []string{url}}, "configured twice"},
		"metadata in addition to keys":             {issuer{URL: url, Keys: keys, MetadataURL: url + "/m"}, "Keys cannot be combined with KeysURL, KeyUse, MetadataURL"},
		"a client in addition to keys":             {issuer{URL: url, Keys: keys, Client: http.DefaultClient}, "Keys cannot be combined with KeysURL, KeyUse, MetadataURL, MetadataIssuer or Client"},
		"a key set in addition to keys":            {issuer{URL: url, Keys: keys, KeysURL: url + "/k"}, "Keys cannot be combined with KeysURL"},
		"a key set in addition to metadata":        {issuer{URL: url, KeysURL: url + "/k", MetadataURL: url + "/m"}, "KeysURL cannot be combined with MetadataURL"},
		"a key set by http":                        {issuer{URL: url, KeysURL: "http://keys.example/k"}, "KeysURL: "},
		"an empty use of keys":                     {issuer{URL: url, KeyUse: []string{""}}, "KeyUse must not be empty"},
		"a fault of a preset":                      {issuer{URL: url, Fault: errors.New("issuers.X: the realm is empty")}, "the realm is empty"},
		"metadata by http":                         {issuer{URL: url, MetadataURL: "http://id.example/m"}, "MetadataURL"},
		"metadata of an issuer by http":            {issuer{URL: url, MetadataIssuer: "http://id.example"}, "MetadataIssuer"},
		"a client where no token is verified":      {issuer{URL: url, Introspection: asker, IntrospectionMode: middleware.IntrospectAll, Client: http.DefaultClient}, "IntrospectAll cannot be combined with"},
		"a key set where no token is verified":     {issuer{URL: url, Introspection: asker, IntrospectionMode: middleware.IntrospectAll, KeysURL: url + "/keys"}, "IntrospectAll cannot be combined with"},
		"a key use where no token is verified":     {issuer{URL: url, Introspection: asker, IntrospectionMode: middleware.IntrospectAll, KeyUse: []string{"sig"}}, "IntrospectAll cannot be combined with"},
		"a mark where no token is verified":        {issuer{URL: url, Introspection: asker, IntrospectionMode: middleware.IntrospectAll, Mark: "typ=Bearer"}, "IntrospectAll cannot be combined with"},
		"tenants without a place for them":         {issuer{URL: url, Keys: keys, Tenants: []string{guid}}, "URL must contain {tenantid} exactly once"},
		"a place for tenants without any":          {issuer{URL: entra, Keys: keys}, "URL must contain {tenantid} exactly once"},
		"two places":                               {issuer{URL: entra + "/{tenantid}", Keys: keys, AnyTenant: true}, "URL must contain {tenantid} exactly once"},
		"some tenants and any":                     {issuer{URL: entra, Keys: keys, Tenants: []string{guid}, AnyTenant: true}, "AnyTenant cannot be combined with Tenants"},
		"a tenant that is not a GUID":              {issuer{URL: entra, Keys: keys, Tenants: []string{"common"}}, `"common" is not a GUID`},
		"a tenant in capitals":                     {issuer{URL: entra, Keys: keys, Tenants: []string{strings.ToUpper(guid)}}, "is not a GUID in lower case"},
		"tenants without metadata":                 {issuer{URL: entra, Tenants: []string{guid}}, "Tenants (or AnyTenant) needs MetadataURL, KeysURL or Keys"},
		"tenants with an alias":                    {issuer{URL: entra, Keys: keys, Tenants: []string{guid}, Aliases: []string{"a"}}, "Tenants (or AnyTenant) cannot be combined with Aliases"},
		"tenants with metadata":                    {issuer{URL: entra, MetadataURL: "https://login.example/common/m", Tenants: []string{guid}}, ""},
		"a prefix without keys":                    {issuer{URL: "spiffe://example.org", SubjectPrefix: "spiffe://example.org/"}, "SubjectPrefix must end in a slash. It can be used only with Keys"},
		"a prefix without a slash":                 {issuer{URL: url, Keys: keys, SubjectPrefix: "spiffe://example.org"}, "SubjectPrefix must end in a slash"},
		"a prefix under a profile that has iss":    {issuer{URL: url, Keys: keys, SubjectPrefix: "a/", Profile: middleware.RFC9068}, "SubjectPrefix must end in a slash"},
		"ID tokens without audiences":              {issuer{URL: url, Purpose: middleware.IDTokens}, "Purpose IDTokens needs Audiences"},
		"ID tokens for any audience":               {issuer{URL: url, Purpose: middleware.IDTokens, InsecureNoAudience: true}, "InsecureNoAudience cannot be combined with Purpose IDTokens"},
		"ID tokens in the form of access tokens":   {issuer{URL: url, Purpose: middleware.IDTokens, Audiences: []string{"c"}, Profile: middleware.RFC9068}, "Profile RFC9068 cannot be combined with Purpose"},
		"a purpose that is unknown":                {issuer{URL: url, Purpose: 7}, "Purpose 7 is unknown"},
		"a type of other tokens":                   {issuer{URL: url, Types: []string{"Application/DPoP+JWT"}}, `"Application/DPoP+JWT" is not a type`},
		"the type of access tokens, for ID tokens": {issuer{URL: url, Types: []string{"at+jwt"}, Purpose: middleware.IDTokens, Audiences: []string{"c"}}, `Types: "at+jwt"`},
		"an empty type":                            {issuer{URL: url, Types: []string{""}}, `Types: ""`},
		"types under a profile that has one":       {issuer{URL: url, Types: []string{"JOSE"}, Profile: middleware.RFC9068}, "Profile RFC9068 cannot be combined with Purpose IDTokens or Types"},
		"a mark without a name":                    {issuer{URL: url, Mark: "=Bearer"}, `Mark "=Bearer": write`},
		"a mark without a text":                    {issuer{URL: url, Mark: "typ="}, `Mark "typ=": write`},
		"the mark of ID tokens":                    {issuer{URL: url, Mark: "token_use=id"}, "other kinds of tokens"},
		"the mark of ID tokens, where those pass":  {issuer{URL: url, Mark: "token_use=id", Purpose: middleware.IDTokens, Audiences: []string{"c"}}, ""},
		"the mark of refresh tokens":               {issuer{URL: url, Mark: "typ=Refresh"}, "other kinds of tokens"},
		"the mark of logout tokens":                {issuer{URL: url, Mark: "events"}, "other kinds of tokens"},
		"the mark of ID tokens, by a pointer":      {issuer{URL: url, Mark: "/token_use=id"}, "other kinds of tokens"},
		"a hash for a mark":                        {issuer{URL: url, Mark: "at_hash"}, "other kinds of tokens"},
		"a nonce for a mark":                       {issuer{URL: url, Mark: "nonce"}, "other kinds of tokens"},
		"the mark of access tokens, for ID tokens": {issuer{URL: url, Mark: "typ=Bearer", Purpose: middleware.IDTokens, Audiences: []string{"c"}}, "other kinds of tokens"},
		"a mark by a malformed pointer":            {issuer{URL: url, Mark: "/a~b=c"}, `"/a~b" is not a JSON Pointer`},
		"a client ID by a malformed pointer":       {issuer{URL: url, ClientIDClaims: []string{"/a~"}}, `"/a~" is not a JSON Pointer`},
		"keys of a malformed pointer":              {issuer{URL: url, ScopeClaims: []string{"keys:/a~"}}, `"/a~" is not a JSON Pointer`},
		"keys of nothing":                          {issuer{URL: url, ScopeClaims: []string{"keys:"}}, "ScopeClaims contains an empty string"},
		"a client ID in a claim without a name":    {issuer{URL: url, ClientIDClaims: []string{""}}, "ClientIDClaims contains an empty string"},
		"OpaqueSyntax without Introspection":       {issuer{URL: url, OpaqueSyntax: middleware.VSCHAR}, "OpaqueSyntax is set, but Introspection is nil"},
		"an unknown OpaqueSyntax":                  {issuer{URL: url, OpaqueSyntax: 9}, "OpaqueSyntax 9 is unknown"},
		"secrets in addition to a secret":          {issuer{URL: url, Keys: secret, Secrets: secret, Algorithms: []string{"HS256"}}, "Secrets cannot be combined with Keys made by jwks.Secret"},
		"secrets that are public":                  {issuer{URL: url, Secrets: fixed}, "Secrets must be made by jwks.Secret"},
		"secrets that are too short":               {issuer{URL: url, Secrets: jwks.Secret("", make([]byte, 8))}, "the secret of Secrets is too short"},
		"an algorithm that needs a longer secret":  {issuer{URL: url, Secrets: secret, Algorithms: []string{"ES256", "HS512"}}, "too short for HS512"},
		"algorithms of both":                       {issuer{URL: url, Secrets: secret, Algorithms: []string{"ES256", "HS256"}}, ""},
		"secrets in addition to published keys":    {issuer{URL: url, Secrets: secret}, ""},
		"secrets where no token is verified":       {issuer{URL: url, Secrets: secret, Introspection: asker, IntrospectionMode: middleware.IntrospectAll}, "IntrospectAll cannot be combined with"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := middleware.NewVerifier(middleware.Config{Audience: "api", Issuers: []middleware.Issuer{tt.issuer}})
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("got %v, want no fault", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want it to mention %q", err, tt.want)
			}
		})
	}
}

const publicPEM = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----
`

func TestFaultsOfTheWholeConfiguration(t *testing.T) {
	find := newRealms(t).find
	workload := func(prefix string) middleware.Issuer {
		return middleware.Issuer{URL: prefix, SubjectPrefix: prefix, Keys: jwks.Secret("", make([]byte, 32)), Algorithms: []string{"HS256"}}
	}
	for name, tt := range map[string]struct {
		config middleware.Config
		want   string
	}{
		"a pattern for every host":               {middleware.Config{IssuerFor: find, IssuerPatterns: []string{"https://*"}}, "hosts that anyone can register"},
		"a pattern for hosts that begin alike":   {middleware.Config{IssuerFor: find, IssuerPatterns: []string{"https://id.example.com*"}}, "hosts that anyone can register"},
		"a pattern for a whole top-level domain": {middleware.Config{IssuerFor: find, IssuerPatterns: []string{"https://*.com/x"}}, "hosts that anyone can register"},
		"patterns without IssuerFor":             {middleware.Config{IssuerPatterns: []string{"https://a.example/*"}}, "IssuerFor and IssuerPatterns must be set together"},
		"no pattern":                             {middleware.Config{IssuerFor: find}, "IssuerFor and IssuerPatterns must be set together"},
		"a pattern without a star":               {middleware.Config{IssuerFor: find, IssuerPatterns: []string{"https://a.example"}}, "exactly one *"},
		"a pattern with two *":                   {middleware.Config{IssuerFor: find, IssuerPatterns: []string{"https://*.example/*"}}, "exactly one *"},
		"the default field":                      {middleware.Config{TokenHeader: "authorization"}, "TokenHeader"},
		"a cookie":                               {middleware.Config{TokenHeader: "Cookie"}, "TokenHeader"},
		"a field with a space":                   {middleware.Config{TokenHeader: "X Token"}, "TokenHeader"},
		"an alias of another issuer": {middleware.Config{Issuers: []middleware.Issuer{
			{URL: "https://a.example"}, {URL: "https://b.example", Aliases: []string{"https://a.example"}},
		}}, "https://a.example is configured twice"},
		"another issuer with a slash": {middleware.Config{Issuers: []middleware.Issuer{
			{URL: "https://a.example", Aliases: []string{"https://a.example/"}}, {URL: "https://a.example/"},
		}}, "Issuers[1]: https://a.example/ is configured twice"},
		"prefixes that overlap": {middleware.Config{Issuers: []middleware.Issuer{workload("spiffe://a/"), workload("spiffe://a/b/")}}, "Issuers[1]: SubjectPrefix overlaps the SubjectPrefix of Issuers[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			tt.config.Audience = "api"
			if _, err := middleware.NewVerifier(tt.config); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want it to mention %q", err, tt.want)
			}
		})
	}
}

// Some servers return their metadata and keys only to authenticated clients.
// Kubernetes requires a token, and SAP requires a header field.
func TestEachIssuerIsFetchedByItsOwnClient(t *testing.T) {
	var server *httptest.Server
	as, err := testserver.NewUnstarted(testserver.IssuerURL("https://kubernetes.default.svc"))
	if err != nil {
		t.Fatal(err)
	}
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer of-the-pod" || r.Header.Get("X-Client_id") != "c1" {
			http.Error(w, "unauthenticated", http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "/openid-configuration") {
			_ = json.NewEncoder(w).Encode(map[string]string{"issuer": "https://kubernetes.default.svc", "jwks_uri": server.URL + "/openid/v1/jwks"})
			return
		}
		_, _ = w.Write(as.JWKS())
	}))
	defer server.Close()
	token := as.Token(testserver.Audience("api"), testserver.ExpiresIn(time.Hour), testserver.Subject("system:serviceaccount:n:s"),
		testserver.Claim("kubernetes.io", map[string]any{"pod": map[string]any{}}), testserver.Typ(""))
	for name, client := range map[string]*http.Client{"P53/with a token": {Transport: authorized{}}, "P90/with a field": {Transport: authorized{}}, "P53/without": nil} {
		want := http.StatusOK
		if client == nil {
			want = http.StatusServiceUnavailable
		}
		v := newVerifier(t, middleware.Config{Audience: "api", Logger: quiet, Issuers: []middleware.Issuer{
			{URL: "https://kubernetes.default.svc", MetadataURL: server.URL + "/.well-known/openid-configuration", Client: client},
		}})
		t.Run(name, func(t *testing.T) {
			if got := status(t, v, token); got != want {
				t.Errorf("got %d, want %d", got, want)
			}
		})
	}
}

// authorized is a transport that adds a token and a header field to each
// request.
type authorized struct{}

func (authorized) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer of-the-pod")
	r.Header.Set("X-Client_id", "c1")
	return http.DefaultTransport.RoundTrip(r)
}

func TestExplainShowsWhatAnIssuerNeeds(t *testing.T) {
	p := newRealms(t, "a")
	v := p.verifier(t, func(c *middleware.Config) {
		c.IssuerFor = func(_ context.Context, iss string) (*middleware.Issuer, error) {
			return &middleware.Issuer{URL: iss, Keys: p.keys[iss], Mark: "typ=Bearer"}, nil
		}
	})
	steps, err := v.Explain(t.Context(), middleware.Credentials{Token: p.maker["a"](testserver.Claim("typ", "Access"))})
	if err == nil {
		t.Error("a token without the claim of Mark was accepted")
	}
	found := make(map[string]string)
	for _, step := range steps {
		found[step.Name] = fmt.Sprintf("%s %s, %s", step.Outcome, step.Expected, step.Found)
	}
	for name, want := range map[string]string{
		"issuer": `passed "https://id.example.com/realms/*", "https://id.example.com/realms/a"`,
		"mark":   `refused "typ" "Bearer", "\"Access\""`,
	} {
		if found[name] != want {
			t.Errorf("%s: got %s, want %s", name, found[name], want)
		}
	}
}
