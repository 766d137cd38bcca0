package issuers_test

import (
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/shapes"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

// A preset for a proxy reads the token only from the header field of that
// proxy.
func TestTokensFromProxies(t *testing.T) {
	for _, p := range clouds {
		if p.tokenHeader == "" {
			continue
		}
		t.Run(p.shape, func(t *testing.T) {
			made := newProvider(t, p)
			v, good := made.verifier(t), made.mint(t, shapes.Row{})
			bad := made.mint(t, shapes.Row{AnotherKey: true})
			for _, row := range []struct {
				name   string
				header http.Header
				want   int
			}{
				{"in its field", http.Header{p.tokenHeader: {good}}, http.StatusOK},
				{"with Bearer before it", http.Header{p.tokenHeader: {"Bearer " + good}}, http.StatusOK},
				{"with another token in Authorization", http.Header{p.tokenHeader: {good}, "Authorization": {"Bearer " + bad}}, http.StatusOK},
				{"in Authorization only", http.Header{"Authorization": {"Bearer " + good}}, http.StatusUnauthorized},
				{"a good token in Authorization, and a bad one in the field", http.Header{p.tokenHeader: {bad}, "Authorization": {"Bearer " + good}}, http.StatusUnauthorized},
				{"twice", http.Header{p.tokenHeader: {good, good}}, http.StatusBadRequest},
				{"in a list", http.Header{p.tokenHeader: {good + "," + good}}, http.StatusBadRequest},
				{"an empty field", http.Header{p.tokenHeader: {""}}, http.StatusUnauthorized},
			} {
				if got := call(v, row.header); got != row.want {
					t.Errorf("%s: got %d, want %d", row.name, got, row.want)
				}
			}
		})
	}
}

// If Cloud Run has verified a token itself, it removes the signature. The API
// must then refuse the token.
func TestATokenWithoutItsSignature(t *testing.T) {
	for _, p := range clouds {
		if p.shape != "cloud-run" {
			continue
		}
		made := newProvider(t, p)
		v, good := made.verifier(t), made.mint(t, shapes.Row{})
		removed := good[:strings.LastIndexByte(good, '.')] + ".SIGNATURE_REMOVED_BY_GOOGLE"
		for token, want := range map[string]int{good: http.StatusOK, removed: http.StatusUnauthorized} {
			if got := call(v, http.Header{"Authorization": {"Bearer " + token}}); got != want {
				t.Errorf("got %d, want %d", got, want)
			}
		}
	}
}

// If a token has no client_id, its client ID comes from another claim or is
// empty.
func TestClientIDsOfClouds(t *testing.T) {
	want := map[string]string{
		"auth0": "c1", "okta": "0oa1", "entra-v2": otherTenant, "entra-v1": otherTenant, "b2c": otherTenant, "adfs": otherTenant,
		"cognito": "7abcdefghijklmnopqrstuvwxy", "google-id": googleClient, "pubsub-push": "1177", "firebase": "", "kubernetes": "", "spiffe": "", "clerk": "",
		"apple": "com.example.orders", "salesforce": "3MVG9EXAMPLE.App", "github": "Iv1.0123456789abcdef", "alb": "c1",
	}
	seen := 0
	for _, p := range clouds {
		id, listed := want[p.shape]
		if !listed {
			continue
		}
		seen++
		made := newProvider(t, p)
		got, err := made.verifier(t).Verify(t.Context(), middleware.Credentials{Token: made.mint(t, shapes.Row{})})
		if err != nil {
			t.Errorf("%s: %v", p.shape, err)
		} else if got.ClientID != id {
			t.Errorf("%s: got client %q, want %q", p.shape, got.ClientID, id)
		}
	}
	if seen != len(want) {
		t.Errorf("got %d shapes, want %d", seen, len(want))
	}
}

// The test checks which URL is fetched first for each provider in want. If
// tokens are only introspected, nothing is fetched.
func TestWhereKeysOfCloudsAreFetched(t *testing.T) {
	const oidc = "/.well-known/openid-configuration"
	want := map[string]string{
		"auth0":                     "https://tenant.eu.auth0.com" + oidc,
		"okta":                      "https://tenant.okta.com/oauth2/default" + oidc,
		"okta-org":                  "",
		"entra-multi-tenant":        "https://login.microsoftonline.com/common/v2.0" + oidc,
		"b2c":                       "https://shop.b2clogin.com/shop.onmicrosoft.com/B2C_1_signin/v2.0" + oidc,
		"external-id":               "https://" + tenant + ".ciamlogin.com/" + tenant + "/v2.0" + oidc,
		"adfs":                      "https://fs.example.com/adfs" + oidc,
		"google-id":                 "https://accounts.google.com" + oidc,
		"google-access":             "",
		"firebase":                  "https://securetoken.google.com/shop-4711" + oidc,
		"google-iap":                "https://www.gstatic.com/iap/verify/public_key-jwk",
		"cognito":                   "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123dEf" + oidc,
		"alb":                       "",
		"github":                    "",
		"github-actions":            "https://token.actions.githubusercontent.com" + oidc,
		"github-actions-enterprise": "https://token.actions.githubusercontent.com/acme" + oidc,
		"github-actions-server":     "https://github.example.com/_services/token" + oidc,
		"github-actions-residency":  "https://token.actions.acme.ghe.com" + oidc,
		"kubernetes":                "", // the keys are fetched with Issuer.Client
		"spiffe":                    "https://spire.example.org:8443",
		"cloudflare-access":         "https://acme.cloudflareaccess.com/cdn-cgi/access/certs",
		"apple":                     "https://appleid.apple.com" + oidc,
		"salesforce":                "https://acme.my.salesforce.com" + oidc,
		"clerk":                     "https://clerk.example.com" + oidc,
	}
	seen := 0
	for _, p := range clouds {
		first, listed := want[p.shape]
		if !listed {
			continue
		}
		seen++
		made := newProvider(t, p)
		fetches := &recorder{by: made}
		config := made.config()
		config.Client = &http.Client{Transport: fetches}
		v, err := middleware.NewVerifier(config)
		if err != nil {
			t.Fatal(err)
		}
		if err := v.Warm(t.Context()); err != nil {
			t.Errorf("%s: %v", p.shape, err)
		}
		if got := strings.Join(fetches.urls, " "); first != strings.TrimSuffix(got, " https://keys.invalid/jwks") {
			t.Errorf("%s: got %q, want %q", p.shape, got, first)
		}
	}
	if seen != len(want) {
		t.Errorf("got %d shapes, want %d", seen, len(want))
	}
}

// recorder records the URLs of requests.
type recorder struct {
	by   http.RoundTripper
	urls []string
}

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	r.urls = append(r.urls, request.URL.String())
	return r.by.RoundTrip(request)
}

// Every setting of a cloud preset must be necessary. The test removes each in
// turn. An API must then answer a test token with the wrong status, or refuse
// the configuration. The test skips the settings that other tests cover. It
// also skips Algorithms: an issuer that sets Algorithms has keys of only one
// type, so removing this setting would not change any status.
func TestEverySettingOfAPresetIsNeeded(t *testing.T) {
	others := []string{"ClientIDClaims", "Client", "KeysURL", "MetadataURL", "MetadataIssuer", "IntrospectionMode", "Algorithms"}
	for _, p := range clouds {
		made := newProvider(t, p)
		n := max(0, slices.IndexFunc(made.conf, func(i middleware.Issuer) bool { return i.URL == made.shape.Issuer }))
		whole := made.conf[n]
		rows := slices.Concat([]shapes.Row{{Status: http.StatusOK}}, made.shape.Good, made.shape.Bad)
		for field := range reflect.TypeFor[middleware.Issuer]().Fields() {
			part := whole
			value := reflect.ValueOf(&part).Elem().FieldByIndex(field.Index)
			if value.IsZero() || slices.Contains(others, field.Name) {
				continue
			}
			value.SetZero()
			if made.conf[n] = part; !made.fails(t, rows, len(whole.Audiences) > 0) {
				t.Errorf("%s: no row needs %s", p.shape, field.Name)
			}
		}
	}
}

// fails reports whether the configuration is refused, or an API answers one of
// the test tokens with a status other than expected. If named is true, fails
// sets Config.Audience to an audience that no token contains.
func (p *provider) fails(t *testing.T, rows []shapes.Row, named bool) bool {
	t.Helper()
	config := p.config()
	if named {
		config.Audience = "another"
	}
	v, err := middleware.NewVerifier(config)
	if err != nil {
		return true
	}
	return slices.ContainsFunc(rows, func(row shapes.Row) bool {
		header := http.Header{"Authorization": {"Bearer " + p.mint(t, row)}}
		if p.preset.tokenHeader != "" {
			header = http.Header{p.preset.tokenHeader: {p.mint(t, row)}}
		}
		var need []scopes.Requirement
		if row.Needs != "" {
			need = append(need, scopes.All(row.Needs))
		}
		return call(v, header, need...) != row.Status
	})
}

// The sample of each shape must match the criteria by which the shape is
// recognized.
func TestSamplesAreRecognised(t *testing.T) {
	for _, s := range shapes.All {
		if expression := s.Recognised.Issuer; expression != "" && !regexp.MustCompile(expression).MatchString(s.Issuer) {
			t.Errorf("%s: %s does not match %s", s.Name, expression, s.Issuer)
		}
		has := func(members []shapes.Member, name string) bool {
			return slices.ContainsFunc(members, func(m shapes.Member) bool { return m.Name == name && m.Value != nil })
		}
		for _, name := range s.Recognised.Claims {
			if !has(s.Claims, name) {
				t.Errorf("%s: the sample has no claim %s", s.Name, name)
			}
		}
		for _, name := range s.Recognised.Header {
			if !has(s.Header, name) {
				t.Errorf("%s: the header of the sample has no %s", s.Name, name)
			}
		}
	}
}
