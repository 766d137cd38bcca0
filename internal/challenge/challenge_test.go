package challenge_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/challenge"
)

func TestChallengesAreParsedStrictly(t *testing.T) {
	for name, tt := range map[string]struct{ field, want string }{
		"only a scheme":                        {`Bearer`, `Bearer map[]`},
		"one parameter":                        {`Bearer realm="api"`, `Bearer map[realm:api]`},
		"several parameters":                   {`Bearer realm="a", error="invalid_token",scope="x y"`, `Bearer map[error:invalid_token realm:a scope:x y]`},
		"a token for a value":                  {`Bearer error=invalid_token`, `Bearer map[error:invalid_token]`},
		"spaces around the equals sign":        {`Bearer realm = "a"`, `Bearer map[realm:a]`},
		"names in any case":                    {`bearer REALM="A"`, `bearer map[realm:A]`},
		"escapes":                              {`Bearer realm="a\"b\\c\d"`, `Bearer map[realm:a"b\cd]`},
		"commas and signs in quotes":           {`Bearer realm="a, b=c"`, `Bearer map[realm:a, b=c]`},
		"an empty value":                       {`Bearer realm=""`, `Bearer map[realm:]`},
		"text beyond ASCII in quotes":          {`Bearer realm="é"`, `Bearer map[realm:é]`},
		"two schemes":                          {`DPoP algs="ES256", Bearer realm="a", error="x"`, `DPoP map[algs:ES256] Bearer map[error:x realm:a]`},
		"a scheme without parameters before":   {`Negotiate, Bearer realm="a"`, `Negotiate map[] Bearer map[realm:a]`},
		"a token68 before":                     {`Negotiate YII+/Q==, Bearer realm="a"`, `Negotiate map[] Bearer map[realm:a]`},
		"empty list elements":                  {`, ,Bearer realm="a",, error="x", `, `Bearer map[error:x realm:a]`},
		"tabs between":                         {"Bearer realm=\"a\"\t,\terror=\"x\"", `Bearer map[error:x realm:a]`},
		"an empty element after the scheme":    {`, ,Bearer , realm=a ,, error="x",`, `Bearer map[error:x realm:a]`},
		"two schemes, the first with a comma":  {`Negotiate , Bearer realm="a"`, `Negotiate map[] Bearer map[realm:a]`},
		"no space between scheme and list":     {`Bearer, realm="a"`, `error: comma`},
		"an escaped quote before a scheme":     {`Bearer realm="a, \"Basic\" x=y", Digest qop="auth, x", n=1`, `Bearer map[realm:a, "Basic" x=y] Digest map[n:1 qop:auth, x]`},
		"a parameter without a name":           {`Bearer ="a"`, `error: not a parameter`},
		"nothing":                              {``, `error: empty`},
		"only commas":                          {`, ,`, `error: empty`},
		"prose":                                {`Bearer the token is bad`, `error: has no value`},
		"an open quote":                        {`Bearer realm="a`, `error: closing quote`},
		"an escape at the end":                 {`Bearer realm="a\`, `error: closing quote`},
		"no comma":                             {`Bearer realm="a" error="x"`, `error: comma`},
		"a parameter twice":                    {`Bearer realm="a", Realm="b"`, `error: repeated`},
		"no scheme":                            {`="a"`, `error: not an authentication scheme`},
		"a scheme in quotes":                   {`"Bearer" realm="a"`, `error: not an authentication scheme`},
		"a parameter without a value":          {`Bearer realm="a", error=`, `error: neither`},
		"a value with a slash":                 {`Bearer realm="a", error=a/b`, `error: comma`},
		"a control character":                  {"Bearer realm=\"a\x01b\"", `error: control`},
		"an escaped control character":         {"Bearer realm=\"a\\\x7fb\"", `error: control`},
		"a line break":                         {"Bearer realm=\"a\nb\"", `error: control`},
		"a colon after the scheme":             {`Bearer: realm="a"`, `error: comma`},
		"a quote that was not escaped":         {`Bearer realm="a"b"`, `error: comma`},
		"parameters of a scheme that is not 1": {`Bearer realm="a", , error="x", Basic realm="b"`, `Bearer map[error:x realm:a] Basic map[realm:b]`},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := challenge.Parse(tt.field)
			if text, bad := strings.CutPrefix(tt.want, "error: "); bad {
				if err == nil || !strings.Contains(err.Error(), text) {
					t.Errorf("got %v, %v, want an error with %q", list, err, text)
				}
				return
			}
			var got []string
			for _, one := range list {
				got = append(got, fmt.Sprint(one.Scheme, " ", one.Params))
			}
			if err != nil || strings.Join(got, " ") != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

// FuzzParse checks that parsed challenges can be written, and that parsing the
// written text returns the same challenges.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`Bearer realm="a\"b", error=x, DPoP algs="ES256"`, `Negotiate YQ==`, `Bearer`, `,a b="c",,d`, `a , b=c`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, field string) {
		list, err := challenge.Parse(field)
		if err != nil {
			return
		}
		var b strings.Builder
		for _, one := range list {
			b.WriteString(", " + one.Scheme)
			separator := " "
			for name, value := range one.Params {
				quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value)
				b.WriteString(separator + name + `="` + quoted + `"`)
				separator = ", "
			}
		}
		if again, err := challenge.Parse(b.String()); err != nil || !reflect.DeepEqual(again, list) {
			t.Errorf("got %q, %v of %q, want %q", again, err, b.String(), list)
		}
	})
}
