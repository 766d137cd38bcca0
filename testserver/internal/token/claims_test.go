package token_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

func TestNumericDates(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want float64
		ok   bool
	}{
		"an integer is one":               {"1767355200", 1767355200, true},
		"a fraction is one":               {"1767355200.25", 1767355200.25, true},
		"a negative number is one":        {"-1", -1, true},
		"an exponent is one":              {"1.7e9", 1.7e9, true},
		"the last one that is exact":      {"9007199254740991", 9007199254740991, true},
		"a number too large to be exact":  {"9007199254740992", 0, false},
		"a date too far in the past":      {"-9007199254740992", 0, false},
		"a number that overflows a float": {"1e999", 0, false},
		"a string":                        {`"1767355200"`, 0, false},
		"null":                            {"null", 0, false},
		"an array":                        {"[1]", 0, false},
		"empty":                           {"", 0, false},
	} {
		got, ok := token.NumericDate(json.RawMessage(tt.text))
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("%s: got %v, %v, want %v, %v", name, got, ok, tt.want, tt.ok)
		}
	}
}

func TestATokenIsTimelyFromNbfUpToExp(t *testing.T) {
	second := noon.Unix()
	for name, tt := range map[string]struct {
		claims          map[string]any
		after           time.Duration
		strict, lenient bool // results for a JWT (strict) and an opaque token (lenient)
	}{
		"the second before exp":                      {map[string]any{"exp": second + 1}, 0, true, true},
		"the microsecond before exp":                 {map[string]any{"exp": second + 1}, time.Second - time.Microsecond, true, true},
		"exp itself is too late":                     {map[string]any{"exp": second}, 0, false, false},
		"after exp":                                  {map[string]any{"exp": second - 1}, 0, false, false},
		"before a fraction of exp":                   {map[string]any{"exp": json.RawMessage("1767355200.5")}, 499 * time.Millisecond, true, true},
		"at that fraction":                           {map[string]any{"exp": json.RawMessage("1767355200.5")}, 500 * time.Millisecond, false, false},
		"nbf itself is early enough":                 {map[string]any{"exp": second + 9, "nbf": second}, 0, true, true},
		"before nbf":                                 {map[string]any{"exp": second + 9, "nbf": second + 1}, time.Second - time.Microsecond, false, false},
		"iat itself is early enough":                 {map[string]any{"exp": second + 9, "iat": second}, 0, true, true},
		"before iat":                                 {map[string]any{"exp": second + 9, "iat": second + 1}, 0, false, false},
		"a JWT needs exp and a handle does not":      {map[string]any{"nbf": second}, 0, false, true},
		"a JWT's exp is a date":                      {map[string]any{"exp": "1767355200"}, 0, false, true},
		"a JWT's nbf is a date":                      {map[string]any{"exp": second + 9, "nbf": "0"}, 0, false, true},
		"what is not a date hides nothing behind it": {map[string]any{"exp": "x", "nbf": second + 1}, 0, false, false},
		"a JWT's exp is within the range of dates":   {map[string]any{"exp": json.RawMessage("18446744073709551616")}, 0, false, true},
	} {
		var o token.Object
		for _, claim := range token.ClaimNames(tt.claims) {
			if err := o.Set(claim, tt.claims[claim]); err != nil {
				t.Fatal(err)
			}
		}
		for strict, want := range map[bool]bool{true: tt.strict, false: tt.lenient} {
			if got := o.Timely(noon.Add(tt.after), strict); got != want {
				t.Errorf("%s, strict %v: got %v, want %v", name, strict, got, want)
			}
		}
	}
}

func TestTheExpiryOfADraftThatSaysNoneIsNow(t *testing.T) {
	for name, raw := range map[string]string{"absent": "", "a string": `"1"`, "no date": "1e999"} {
		d := &token.Draft{Now: noon}
		if raw != "" {
			d.Claims.Put("exp", json.RawMessage(raw))
		}
		if got := d.Expiry(); !got.Equal(noon) {
			t.Errorf("%s: got %v, want %v", name, got, noon)
		}
	}
}

// An array with a number in it is malformed, so Audience returns none of the
// strings in this array.
func TestOneAudienceMayStandWithoutAList(t *testing.T) {
	for text, want := range map[string]int{`{"aud":"a"}`: 1, `{"aud":["a","b"]}`: 2, `{"aud":[]}`: 0, `{"aud":7}`: 0, `{"aud":["a",7]}`: 0, `{}`: 0} {
		o, err := token.ParseObject([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := len(o.Audience()); got != want {
			t.Errorf("%s: got %q, want %d", text, o.Audience(), want)
		}
	}
}
