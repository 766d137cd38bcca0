package introspect_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
)

func TestThreatsInactive(t *testing.T) {
	for name, body := range map[string]string{
		"active is false": `{"active":false}`,
		"active is false, whatever stands beside it":       `{"scope":"admin","active":false,"exp":99999999999,"sub":"` + canary + `"}`,
		"active is false in an answer with spaces":         " {\n\t\"active\" : false\r\n} \n",
		"active is false, and true inside another member":  `{"active":false,"data":{"active":true}}`,
		"active is false, its name spelled with an escape": `{"\u0061ctive":false}`,
	} {
		t.Run("I01/"+name, func(t *testing.T) {
			isInactive(t, newClient(t, newSite(says(body))), token)
		})
	}
}

// unreadable are answers that do not say whether the token is active.
var unreadable = map[string]string{
	"active is missing":                     `{"scope":"read","sub":"` + canary + `"}`,
	"the answer is empty":                   `{}`,
	"active is a string":                    `{"active":"true"}`,
	"active is the string false":            `{"active":"false"}`,
	"active is 1":                           `{"active":1}`,
	"active is 0":                           `{"active":0}`,
	"active is null":                        `{"active":null}`,
	"active is an array":                    `{"active":[true]}`,
	"active is an object":                   `{"active":{"active":true}}`,
	"active is in capitals":                 `{"Active":true}`,
	"active is all in capitals":             `{"ACTIVE":true}`,
	"active ends in a space":                `{"active ":true}`,
	"active is spelled with a look-alike":   `{"аctive":true}`,
	"true is in capitals":                   `{"active":True}`,
	"true goes on":                          `{"active":trues}`,
	"active is there twice":                 `{"active":true,"active":true}`,
	"active is true, then false":            `{"active":true,"active":false}`,
	"active is false, then true":            `{"active":false,"active":true}`,
	"active is there twice by an escape":    `{"active":false,"\u0061ctive":true}`,
	"another member is there twice":         `{"active":true,"sub":"a","sub":"` + canary + `"}`,
	"a member inside is there twice":        `{"active":true,"x":{"a":1,"a":2}}`,
	"active is in another member":           `{"token_introspection":{"active":true}}`,
	"the root is an array":                  `[{"active":true}]`,
	"the root is true":                      `true`,
	"the root is null":                      `null`,
	"the root is a string":                  `"{\"active\":true}"`,
	"there is nothing":                      ``,
	"there are two answers":                 `{"active":true}{"active":false}`,
	"something follows":                     `{"active":true}x`,
	"the end is missing":                    `{"active":true`,
	"it begins with two byte order marks":   "\ufeff\ufeff" + `{"active":true}`,
	"it has a comment":                      `{"active":true/* ` + canary + ` */}`,
	"it has a comma too many":               `{"active":true,}`,
	"it is in single quotes":                `{'active':true}`,
	"it is not UTF-8":                       "{\"active\":true,\"sub\":\"\xff\"}",
	"it has a lone surrogate":               `{"active":true,"sub":"\ud800"}`,
	"it is a form":                          `active=true`,
	"it is a signed answer nobody asked":    `eyJhbGciOiJub25lIn0.eyJhY3RpdmUiOnRydWV9.`,
	"it is a page":                          `<html><body>active: true</body></html>`,
	"active is true and a value is missing": `{"active":true,"exp":}`,
}

func TestThreatsActive(t *testing.T) {
	for name, body := range unreadable {
		t.Run("I02/"+name, func(t *testing.T) {
			s := newSite(says(body))
			c := newClient(t, s)
			isUnknown(t, c, token, introspect.ErrUnavailable)
			isUnknown(t, c, token, introspect.ErrUnavailable)
			s.asked(t, 2) // it is no answer, so there is none to keep
		})
	}
	for name, body := range map[string]string{
		"active is true": `{"active":true}`,
		"active is true in an answer with spaces":         " {\n\t\"active\" : true\r\n} \n",
		"active is true, its name spelled with an escape": `{"\u0061ctive":true}`,
		"active is true and comes last":                   `{"sub":"a","active":true}`,
	} {
		t.Run("I02/"+name, func(t *testing.T) {
			if got := isActive(t, newClient(t, newSite(says(body))), token); got != body {
				t.Errorf("got claims %q, want %q", got, body)
			}
		})
	}
}

// An answer about a token that has expired, or that has dates nobody can read,
// is given to who judges them, and not kept.
func TestThreatsDatesOfAnswers(t *testing.T) {
	for name, exp := range map[string]string{
		"exp is past": "1", "exp is now": "946684800", "exp is a string": `"99999999999"`, "exp is a moment after the beginning of time": "0.001",
		"exp is negative": "-1", "exp is beyond all calendars": "1e300", "exp is an array": "[99999999999]",
	} {
		t.Run("I03/"+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // it is 2000-01-01T00:00:00Z, which is 946684800
				s := newSite(says(`{"active":true,"exp":` + exp + `}`))
				c := newClient(t, s)
				isActive(t, c, token)
				isActive(t, c, token)
				s.asked(t, 2)
			})
		})
	}
	for name, exp := range map[string]string{"null": "null", "0": "0", "0 with a fraction": "0.0", "absent": ""} {
		t.Run("I03/exp is "+name+", which is no expiry", func(t *testing.T) {
			s := newSite(says(`{"active":true` + strings.TrimSuffix(`,"exp":`+exp, `,"exp":`) + `}`))
			c := newClient(t, s)
			isActive(t, c, token)
			isActive(t, c, token)
			s.asked(t, 1)
		})
	}
	t.Run("I03/an answer ends with the token", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(says(`{"active":true,"exp":946684803.5}`))
			c := newClient(t, s)
			isActive(t, c, token)
			time.Sleep(3500*time.Millisecond - 1)
			isActive(t, c, token)
			s.asked(t, 1)
			time.Sleep(time.Nanosecond)
			isActive(t, c, token)
			s.asked(t, 2)
		})
	})
}

func TestThreatsSizeOfAnswers(t *testing.T) {
	filled := func(size int) string {
		const frame = `{"active":true,"x":""}`
		return frame[:len(frame)-2] + strings.Repeat("a", size-len(frame)) + `"}`
	}
	var members strings.Builder
	for i := range 300 {
		fmt.Fprintf(&members, `,"m%d":%d`, i, i)
	}
	for _, tt := range []struct {
		name, body string
		active     bool
	}{
		{"members that nobody knows are kept", `{"active":true,"x":{"y":[1,null,"z"]},"https://example.com/claim":1.5e3}`, true},
		{"an answer of 256 KiB is read", filled(256 << 10), true},
		{"an answer of a byte more is not", filled(256<<10 + 1), false},
		{"an answer of a megabyte is not", filled(1 << 20), false},
		{"300 members are too many", `{"active":true` + members.String() + `}`, false},
		{"32 levels are read", `{"active":true,"x":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `}`, true},
		{"33 levels are not", `{"active":true,"x":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`, false},
		{"10 000 levels are not", `{"active":true,"x":` + strings.Repeat("[", 10000) + strings.Repeat("]", 10000) + `}`, false},
	} {
		t.Run("I06/"+tt.name, func(t *testing.T) {
			c := newClient(t, newSite(says(tt.body)))
			if !tt.active {
				isUnknown(t, c, token, introspect.ErrUnavailable)
			} else if got := isActive(t, c, token); got != tt.body {
				t.Errorf("got claims of %d bytes, want the %d of the answer", len(got), len(tt.body))
			}
		})
	}
}
