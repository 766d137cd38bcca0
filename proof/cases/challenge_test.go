package cases

import (
	"fmt"
	"testing"
)

func TestParseChallenges(t *testing.T) {
	for field, want := range map[string]string{
		``:                                  `[]`,
		`Bearer`:                            `[bearer]`,
		`Basic realm="simple"`:              `[basic realm="simple"]`,
		`Bearer a="x" , b = y,c="z"`:        `[bearer a="x" b="y" c="z"]`,
		`Bearer realm=`:                     `[bearer realm=]`, // a token68
		`Negotiate YII=, Basic realm="a"`:   `[negotiate YII= basic realm="a"]`,
		`, Basic realm="a",, Bearer x="b",`: `[basic realm="a" bearer x="b"]`,
		`Newauth realm="apps", type=1, title="Login to \"apps\"", Basic realm="simple"`: `[newauth realm="apps" type="1" title="Login to \"apps\"" basic realm="simple"]`, // RFC 9110 §11.6.1
	} {
		if got, err := parseChallenges(field); err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: got %v, %v, want %s", field, got, err, want)
		}
	}
	for _, field := range []string{
		`="x"`, `Bearer a="b", realm=`, `Bearer realm="x`, `Bearer realm="x" y="z"`, `Bearer realm="a", realm="b"`, `Bearer realm="a", Realm=b`,
		"Bearer realm=\"a\nb\"", "Bearer realm=\"a\x7f\"", `Bearer realm="a\`, "Bearer realm=\"a\\\x01\"", `Bearer "x"`, `Bearer a b`, `Bearer: x`,
	} {
		if got, err := parseChallenges(field); err == nil {
			t.Errorf("%q: got %v, want an error", field, got)
		}
	}
}
