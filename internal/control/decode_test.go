package control_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/internal/control"
)

func TestDecodeErrorsNameThePath(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"truncated JSON", `{"sub":`, "the body is not JSON in UTF-8"},
		{"two values", `{} {}`, "the body is not JSON in UTF-8"},
		{"an array", `[]`, "the body: want an object"},
		{"null", `null`, "the body: is null: leave it out"},
		{"an unknown member", `{"subject":"a"}`, "subject: is unknown: give one of sub, scope, aud, "},
		{"a member in another case", `{"SUB":"a"}`, "SUB: is unknown: give one of "},
		{"a repeated member", `{"sub":"a","\u0073ub":"b"}`, "sub: is repeated"},
		{"a repeated claim", `{"claims":{"a":1,"a":2}}`, "claims.a: is repeated"},
		{"a member that is null", `{"defect":null}`, "defect: is null: leave it out"},
		{"a number instead of a string", `{"sub":1}`, "sub: want a string"},
		{"a string instead of a boolean", `{"opaque":"true"}`, "opaque: want true or false"},
		{"an element of another type", `{"without":["a",1]}`, "without[1]: want a string"},
		{"an object instead of an array", `{"without":{}}`, "without: want an array"},
		{"an array instead of an object", `{"claims":[]}`, "claims: want an object"},
		{"an audience that is null", `{"aud":["a",null]}`, "aud: want a string or an array of strings"},
		{"scopes that are not strings", `{"scope":["a",1]}`, "scope: want a string or an array of strings"},
		{"a duration in words", `{"expires_in":"soon"}`, `expires_in: want a duration such as "90s", "-5m" or "1h30m", or a number of seconds`},
		{"a duration that is too long", `{"expires_in":1e300}`, `expires_in: want a duration such as`},
		{"a duration of 2^63 nanoseconds", `{"expires_in":9223372036.854775807}`, `expires_in: want a duration such as`},
		{"a member with a long name", `{"` + strings.Repeat("x", 100) + `":1}`, strings.Repeat("x", 60) + "…: is unknown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := control.Decode([]byte(tt.text), &control.Mint{})
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestDecodeReadsRequests(t *testing.T) {
	minus := control.Duration(-5 * time.Minute)
	for _, tt := range []struct {
		text string
		want control.Mint
	}{
		{` {} `, control.Mint{}},
		{`{"sub":"a","opaque":true}`, control.Mint{Sub: "a", Opaque: true}},
		{`{"scope":"a b"}`, control.Mint{Scope: control.Scopes{"a", "b"}}},
		{`{"scope":["a","b"]}`, control.Mint{Scope: control.Scopes{"a", "b"}}},
		{`{"scope":[],"aud":[]}`, control.Mint{Scope: control.Scopes{}, Aud: control.Texts{}}},
		{`{"aud":"a b"}`, control.Mint{Aud: control.Texts{"a b"}}},
		{`{"expires_in":"-5m"}`, control.Mint{ExpiresIn: &minus}},
		{`{"expires_in":-300}`, control.Mint{ExpiresIn: &minus}},
		{`{"claims":{"a":null}}`, control.Mint{Claims: map[string]json.RawMessage{"a": json.RawMessage("null")}}},
	} {
		var got control.Mint
		if err := control.Decode([]byte(tt.text), &got); err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %+v, %v, want %+v", tt.text, got, err, tt.want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, text := range []string{`{}`, `{"scope":[],"aud":[],"claims":{},"without":[]}`, `{"scope":"a","claims":{"a":[1]},"expires_in":-1.5,"without":["x"]}`, `{"sub":null}`, `[[`, "\"\xff\""} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var m, again control.Mint
		if control.Decode(text, &m) != nil {
			return
		}
		// Every value that Decode accepts must survive a round trip.
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if err := control.Decode(b, &again); err != nil {
			t.Errorf("%s, encoded from %q, is refused: %v", b, text, err)
		}
		for _, values := range []map[string]json.RawMessage{m.Claims, m.Header} {
			for name, value := range values {
				values[name], _ = json.Marshal(value) // changes spaces and escapes, as in b
			}
		}
		if !reflect.DeepEqual(again, m) {
			t.Errorf("got %+v from %s, want %+v", again, b, m)
		}
	})
}
