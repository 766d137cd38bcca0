package token_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

func TestADraftKeepsTheOrderOfItsMembers(t *testing.T) {
	m, _ := minter(t, catalogue.EdDSA, token.SeededSource("seed"))
	edit := func(d *token.Draft) {
		d.Set("scope", "a b")
		d.Set("sub", "<alice>") // sub keeps its position, and < and > are not escaped
		d.DeleteAt("jti")
		d.SetHeader("x", true)
	}
	text := mint(t, m, edit)
	raw, ok := token.Segments(text)
	if !ok {
		t.Fatalf("got %q, want three segments", text)
	}
	const claims = `{"iss":"https://issuer.example","sub":"<alice>","aud":"api","exp":1767355500,"nbf":1767355200,"iat":1767355200,"client_id":"test-client","scope":"a b"}`
	if got := string(raw[1]); got != claims {
		t.Errorf("got the claims %s, want %s", got, claims)
	}
	if got, want := string(raw[0]), `{"alg":"EdDSA","typ":"at+jwt","kid":"`+signer(t, m.Keys, "")+`","x":true}`; got != want {
		t.Errorf("got the header %s, want %s", got, want)
	}
	if again := mint(t, m, edit); again != text {
		t.Errorf("got %s, want the same token again, %s", again, text)
	}
}

func TestClaimsByJSONPointer(t *testing.T) {
	for name, tt := range map[string]struct {
		edit token.Edit
		want string // the claims, or "error: " and a part of the error
	}{
		"a plain name is one claim":               {func(d *token.Draft) { d.SetAt("a/b~1", 1) }, `{"a/b~1":1}`},
		"a pointer makes the objects on its way":  {func(d *token.Draft) { d.SetAt("/a/b/c", 1) }, `{"a":{"b":{"c":1}}}`},
		"a pointer adds to what is there":         {func(d *token.Draft) { d.SetAt("a", map[string]int{"x": 1}); d.SetAt("/a/y", 2) }, `{"a":{"x":1,"y":2}}`},
		"the later of two wins in its old place":  {func(d *token.Draft) { d.SetAt("/a/x", 1); d.SetAt("/a/y", 1); d.SetAt("/a/x", 2) }, `{"a":{"x":2,"y":1}}`},
		"~1 is a slash and ~0 a tilde":            {func(d *token.Draft) { d.SetAt("/a~1b/c~0d/~01", 1) }, `{"a/b":{"c~d":{"~1":1}}}`},
		"an empty name is a name":                 {func(d *token.Draft) { d.SetAt("/", 1) }, `{"":1}`},
		"a pointer deletes one member":            {func(d *token.Draft) { d.SetAt("/a/x", 1); d.SetAt("/a/y", 1); d.DeleteAt("/a/x") }, `{"a":{"y":1}}`},
		"deleting what is absent changes nothing": {func(d *token.Draft) { d.SetAt("a", 1); d.DeleteAt("/b/c"); d.DeleteAt("/a/x"); d.DeleteAt("b") }, `{"a":1}`},
		"a bare tilde is refused":                 {func(d *token.Draft) { d.SetAt("/a~b", 1) }, "error: RFC 6901 §3"},
		"nothing is set below a number":           {func(d *token.Draft) { d.SetAt("a", 1); d.SetAt("/a/b", 1) }, `error: "a" is not an object`},
		"a value that is not JSON is refused":     {func(d *token.Draft) { d.SetAt("/a/b", func() {}) }, `error: claim "/a/b" cannot be written as JSON`},
	} {
		t.Run(name, func(t *testing.T) {
			var d token.Draft
			tt.edit(&d)
			if want, refused := strings.CutPrefix(tt.want, "error: "); refused {
				if got := errorText(d.Err()); !strings.Contains(got, want) {
					t.Errorf("got %q, want %q", got, want)
				}
				return
			}
			if got := marshal(t, d.Claims); got != tt.want || d.Err() != nil {
				t.Errorf("got %s, %v, want %s", got, d.Err(), tt.want)
			}
		})
	}
}

func TestAPointerLeadsBackToItsPath(t *testing.T) {
	for _, path := range [][]string{{"a", "b"}, {"a/b", "c~d"}, {"~1", ""}, {"https://claims.example/x"}} {
		pointer := token.Pointer(path)
		got, err := token.ClaimPath(pointer)
		if err != nil || strings.Join(got, "\x00") != strings.Join(path, "\x00") {
			t.Errorf("%q: got %q, %v, want %q", pointer, got, err, path)
		}
	}
	names := token.ClaimNames(map[string]int{"/a/b": 0, "b": 0, "a": 0, "/": 0})
	if got, want := strings.Join(names, " "), "a b / /a/b"; got != want {
		t.Errorf("got the order %q, want %q: plain names first", got, want)
	}
}

func TestFaultsOfADraftAreJoined(t *testing.T) {
	m, h := minter(t, catalogue.ES256, token.RandomSource())
	own := errors.New("a fault of an option")
	_, err := m.Mint(func(d *token.Draft) {
		d.Opaque = true
		d.Set("f", func() {})
		d.SetHeader("g", make(chan int))
		d.Fail(own)
		d.ForJWT("NoKid")
	})
	if !errors.Is(err, own) {
		t.Errorf("got %v, want the option's own fault in it", err)
	}
	for _, want := range []string{`claim "f"`, `header parameter "g"`, "NoKid"} {
		if !strings.Contains(errorText(err), want) {
			t.Errorf("got %v, want it to say %q as well", err, want)
		}
	}
	if len(h.claims) != 0 {
		t.Errorf("got %v kept of a draft with faults, want nothing", h.claims)
	}
}

func TestAnOpaqueTokenIsAHandleToItsClaims(t *testing.T) {
	m, h := minter(t, catalogue.ES256, token.RandomSource())
	text := mint(t, m, func(d *token.Draft) { d.Opaque = true; d.Set("sub", "alice") })
	if got := h.claims[text]; !strings.Contains(got, `"sub":"alice"`) || strings.Contains(text, ".") {
		t.Errorf("got %q for %q, want the claims kept under a handle", got, text)
	}
}

func TestTheKindsOfDrafts(t *testing.T) {
	m, _ := minter(t, catalogue.ES256, token.RandomSource())
	m.Defaults = []token.Edit{func(d *token.Draft) { d.Set("tenant", "t1") }}
	for name, tt := range map[string]struct {
		draft *token.Draft
		want  string
		exp   time.Duration
	}{
		"one of the token endpoint lives longer": {m.DraftFor("j1", []token.Edit{func(d *token.Draft) { d.Set("tenant", "t2") }}), `"tenant":"t2"`, token.DefaultAccessTTL},
		"a sample follows the defaults":          {m.Sample(), `"jti":"","client_id":"test-client","tenant":"t1"`, 5 * time.Minute},
		"an ID token waits for its end user":     {m.IDDraft("web"), `{"iss":"https://issuer.example","exp":1767356100,"iat":1767355200,"auth_time":1767355200,"azp":"web"}`, token.DefaultAccessTTL},
	} {
		if got := marshal(t, tt.draft.Claims); !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
		if got, want := tt.draft.Expiry(), noon.Add(tt.exp); !got.Equal(want) {
			t.Errorf("%s: got the expiry %v, want %v", name, got, want)
		}
	}
	if trial, err := token.CheckDefaults([]token.Edit{func(d *token.Draft) { d.Alg = catalogue.PS512 }}); trial.Alg != catalogue.PS512 || err != nil {
		t.Errorf("got %q, %v, want PS512", trial.Alg, err)
	}
	if _, err := token.CheckDefaults([]token.Edit{func(d *token.Draft) { d.Set("f", func() {}) }}); err == nil {
		t.Error("got no error from defaults that cannot be written")
	}
}
