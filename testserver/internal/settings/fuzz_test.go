package settings_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/settings"
)

// FuzzParseConfig checks three properties. Printing an accepted configuration
// hides only its secrets, and omits only members for which isZero is true. The
// printed configuration is also accepted, and printing it again returns the
// same text. Each line of an error begins with a path or with "… and".
func FuzzParseConfig(f *testing.F) {
	f.Add(whole)
	f.Add(`{"refresh":{"grace":"0.5s"},"clients":[],"users":[{"sub":"a","claims":{"x":[1e400,-0,"\u2028<&>\ud800"]}}]}`)
	for _, tt := range faults {
		f.Add(tt.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := settings.ParseConfig(strings.NewReader(text))
		if err != nil {
			lines := strings.Split(err.Error(), "\n")
			for _, line := range lines {
				if path, said, ok := strings.Cut(line, ": "); !strings.HasPrefix(line, "… and ") && (!ok || path == "" || said == "") {
					t.Errorf("got the line %q, want a path and a fault", line)
				}
			}
			if len(lines) > 101 {
				t.Errorf("got %d lines, want 101 at most", len(lines))
			}
			return
		}
		out := printed(t, c)
		if again := printed(t, parse(t, out)); again != out {
			t.Errorf("got\n%s\nafter reading what was printed:\n%s", again, out)
		}
		if lost := differs("", tree(t, text), tree(t, out)); lost != "" {
			t.Errorf("%s: %q is printed as\n%s", lost, text, out)
		}
	})
}

func tree(t *testing.T, text string) (v any) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// secrets are the members whose values a printed configuration masks.
var secrets = map[string]bool{"secret": true, "password": true, "seed": true, "keys": true}

// differs compares a configuration with its printed form and returns the path
// of a member that differs, or "" if they are equal. name is the name of the
// compared member. text and out are the values of this member in the
// configuration and in the printed form.
func differs(name string, text, out any) string {
	switch text := text.(type) {
	case map[string]any:
		shown, ok := out.(map[string]any)
		if !ok || len(shown) > len(text) {
			return name
		}
		for member, value := range text {
			there, ok := shown[member]
			if !ok && isZero(value) {
				continue
			}
			if member == "jwks" && ok {
				continue // checked by TestKeysShowTheirPublicMembersAlone
			}
			if member == "claims" && ok && fmt.Sprint(value) == fmt.Sprint(there) {
				continue // the members of claims are not settings
			}
			if where := differs(member, value, there); !ok || where != "" {
				return name + "." + where
			}
		}
		return ""
	case []any:
		shown, ok := out.([]any)
		if name == "keys" {
			return "" // checked by TestKeysShowTheirPublicMembersAlone
		}
		if !ok || len(shown) != len(text) {
			return name
		}
		for i := range text {
			if where := differs(name, text[i], shown[i]); where != "" {
				return where
			}
		}
		return ""
	case string:
		a, errA := time.ParseDuration(text)
		b, errB := time.ParseDuration(fmt.Sprint(out))
		if text == out || secrets[name] && out == "***" || (name == "ttl" || name == "grace") && errA == nil && errB == nil && a == b {
			return ""
		}
		return name
	}
	if text != out {
		return name
	}
	return ""
}

// isZero reports whether a printed configuration may omit a member with the
// value v. It may omit false, and an object in which isZero is true for every
// value.
func isZero(v any) bool {
	m, ok := v.(map[string]any)
	for _, member := range m {
		ok = ok && isZero(member)
	}
	return ok || v == false
}
