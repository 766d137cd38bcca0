package shapes_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/shapes"
)

// sample returns the header and the claims of the sample token of the shape s,
// with the changes in row.
func sample(s shapes.Shape, row shapes.Row) (header, claims map[string]any) {
	header, claims = map[string]any{"alg": "RS256", "kid": "k"}, map[string]any{"iss": s.Issuer, "sub": "u1", "aud": s.Audience}
	for object, members := range map[*map[string]any][]shapes.Member{&header: append(s.Header, row.Header...), &claims: append(s.Claims, row.Claims...)} {
		for _, m := range members {
			switch v := m.Value.(type) {
			case nil:
				delete(*object, m.Name)
			case string:
				(*object)[m.Name] = strings.NewReplacer("{issuer}", s.Issuer, "{audience}", s.Audience).Replace(v)
			default:
				(*object)[m.Name] = v
			}
		}
	}
	return header, claims
}

func TestEverySampleIsRecognised(t *testing.T) {
	for _, s := range shapes.All {
		if r := s.Recognised; r.Issuer == "" && r.Claims == nil && r.Header == nil {
			continue // s has no criteria
		}
		header, claims := sample(s, shapes.Row{})
		found, _, ok := shapes.Recognise(header, claims)
		if !ok || found.Title != s.Title && found.Recognised.Issuer != s.Recognised.Issuer {
			t.Errorf("%s: got the provider %q, found %v, want this provider", s.Name, found.Name, ok)
		}
	}
}

func TestHints(t *testing.T) {
	keycloak, ok := shapes.Find("keycloak")
	if !ok {
		t.Fatal("shape keycloak is missing")
	}
	for name, test := range map[string]struct {
		row  shapes.Row
		want string
	}{
		"a good token has no hint":    {shapes.Row{}, ""},
		"no audience mapper":          {shapes.Row{Claims: []shapes.Member{{Name: "aud", Value: "account"}}}, "add an audience mapper"},
		"account among the audiences": {shapes.Row{Claims: []shapes.Member{{Name: "aud", Value: []any{"account", "other"}}}}, "add an audience mapper"},
		"an ID token":                 {shapes.Row{Claims: []shapes.Member{{Name: "typ", Value: "ID"}}}, "this is an ID token"},
	} {
		header, claims := sample(keycloak, test.row)
		_, hints, _ := shapes.Recognise(header, claims)
		if got := strings.Join(hints, "; "); (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
	if _, _, ok := shapes.Recognise(map[string]any{"alg": "RS256"}, map[string]any{"iss": "https://unknown.example.com"}); ok {
		t.Error("got a provider for a token of an unknown issuer, want none")
	}
}

func TestShapesAreComplete(t *testing.T) {
	var seen []string
	for _, s := range shapes.All {
		if slices.Contains(seen, s.Name) || !regexp.MustCompile(`^[a-z][a-z0-9-]+$`).MatchString(s.Name) {
			t.Errorf("name %q is repeated, or is not lower-case letters, digits and hyphens", s.Name)
		}
		seen = append(seen, s.Name)
		if s.Title == "" || s.Setup == "" || s.Preset == "" || s.Issuer == "" && s.Introspection == nil || len(s.Bad) == 0 {
			t.Errorf("%s lacks a title, an issuer, a setup, a preset or a bad row", s.Name)
		}
		for _, row := range append(slices.Clone(s.Good), s.Bad...) {
			if row.Name == "" || row.Status == 0 {
				t.Errorf("%s has a row without a name or a status: %+v", s.Name, row)
			}
		}
		if _, err := regexp.Compile(s.Recognised.Issuer); err != nil {
			t.Errorf("%s: Recognised.Issuer is not a regular expression: %v", s.Name, err)
		}
		for _, h := range s.Hints {
			if h.Name == "" || h.Text == "" || strings.HasSuffix(h.Text, ".") {
				t.Errorf("%s has a hint that lacks a name or a text, or ends with a full stop: %+v", s.Name, h)
			}
		}
	}
}
