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
		"active is false":                              `{"active":false}`,
		"active is false, with other members":          `{"scope":"admin","active":false,"exp":99999999999,"sub":"` + canary + `"}`,
		"active is false in an answer with spaces":     " {\n\t\"active\" : false\r\n} \n",
		"active is false, and true in a nested member": `{"active":false,"data":{"active":true}}`,
		"active is false, with an escape in its name":  `{"\u0061ctive":false}`,
	} {
		t.Run("I01/"+name, func(t *testing.T) {
			assertInactive(t, newClient(t, newSite(respondOK(body))), token)
		})
	}
}

// invalidAnswers are answers that are not one strict JSON object, or whose
// member "active" is missing, repeated or not a boolean.
var invalidAnswers = map[string]string{
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
	"true has a suffix":                     `{"active":trues}`,
	"active is repeated":                    `{"active":true,"active":true}`,
	"active is true, then false":            `{"active":true,"active":false}`,
	"active is false, then true":            `{"active":false,"active":true}`,
	"active is repeated with an escape":     `{"active":false,"\u0061ctive":true}`,
	"another member is repeated":            `{"active":true,"sub":"a","sub":"` + canary + `"}`,
	"a nested member is repeated":           `{"active":true,"x":{"a":1,"a":2}}`,
	"active is nested":                      `{"token_introspection":{"active":true}}`,
	"the root is an array":                  `[{"active":true}]`,
	"the root is true":                      `true`,
	"the root is null":                      `null`,
	"the root is a string":                  `"{\"active\":true}"`,
	"the body is empty":                     ``,
	"there are two answers":                 `{"active":true}{"active":false}`,
	"there is trailing text":                `{"active":true}x`,
	"the end is missing":                    `{"active":true`,
	"it begins with two byte order marks":   "\ufeff\ufeff" + `{"active":true}`,
	"it has a comment":                      `{"active":true/* ` + canary + ` */}`,
	"it has a trailing comma":               `{"active":true,}`,
	"it is in single quotes":                `{'active':true}`,
	"it is not UTF-8":                       "{\"active\":true,\"sub\":\"\xff\"}",
	"it has a lone surrogate":               `{"active":true,"sub":"\ud800"}`,
	"it is a form":                          `active=true`,
	"it is an unrequested signed answer":    `eyJhbGciOiJub25lIn0.eyJhY3RpdmUiOnRydWV9.`,
	"it is an HTML page":                    `<html><body>active: true</body></html>`,
	"active is true and a value is missing": `{"active":true,"exp":}`,
}

func TestThreatsActive(t *testing.T) {
	for name, body := range invalidAnswers {
		t.Run("I02/"+name, func(t *testing.T) {
			s := newSite(respondOK(body))
			c := newClient(t, s)
			assertUnavailable(t, c, token, introspect.ErrUnavailable)
			assertUnavailable(t, c, token, introspect.ErrUnavailable)
			s.assertRequests(t, 2) // errors are not cached
		})
	}
	for name, body := range map[string]string{
		"active is true": `{"active":true}`,
		"active is true in an answer with spaces":    " {\n\t\"active\" : true\r\n} \n",
		"active is true, with an escape in its name": `{"\u0061ctive":true}`,
		"active is true and the last member":         `{"sub":"a","active":true}`,
	} {
		t.Run("I02/"+name, func(t *testing.T) {
			if got := assertActive(t, newClient(t, newSite(respondOK(body))), token); got != body {
				t.Errorf("got claims %q, want %q", got, body)
			}
		})
	}
}

// If the exp of an answer is past or invalid, the client returns the answer and
// does not cache it. The verifier then refuses the answer.
func TestThreatsDatesOfAnswers(t *testing.T) {
	for name, exp := range map[string]string{
		"exp is past": "1", "exp is now": "946684800", "exp is a string": `"99999999999"`, "exp is just after the epoch": "0.001",
		"exp is negative": "-1", "exp is too large for a date": "1e300", "exp is an array": "[99999999999]",
	} {
		t.Run("I03/"+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // begins at 2000-01-01T00:00:00Z, which is 946684800
				s := newSite(respondOK(`{"active":true,"exp":` + exp + `}`))
				c := newClient(t, s)
				assertActive(t, c, token)
				assertActive(t, c, token)
				s.assertRequests(t, 2)
			})
		})
	}
	for name, exp := range map[string]string{"null": "null", "0": "0", "0 with a fraction": "0.0", "absent": ""} {
		t.Run("I03/exp is "+name+", without expiry", func(t *testing.T) {
			s := newSite(respondOK(`{"active":true` + strings.TrimSuffix(`,"exp":`+exp, `,"exp":`) + `}`))
			c := newClient(t, s)
			assertActive(t, c, token)
			assertActive(t, c, token)
			s.assertRequests(t, 1)
		})
	}
	t.Run("I03/an answer expires with the token", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(respondOK(`{"active":true,"exp":946684803.5}`))
			c := newClient(t, s)
			assertActive(t, c, token)
			time.Sleep(3500*time.Millisecond - 1)
			assertActive(t, c, token)
			s.assertRequests(t, 1)
			time.Sleep(time.Nanosecond)
			assertActive(t, c, token)
			s.assertRequests(t, 2)
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
		{"unknown members are returned", `{"active":true,"x":{"y":[1,null,"z"]},"https://example.com/claim":1.5e3}`, true},
		{"an answer of 256 KiB is read", filled(256 << 10), true},
		{"an answer of a byte more is refused", filled(256<<10 + 1), false},
		{"an answer of a megabyte is refused", filled(1 << 20), false},
		{"300 members are too many", `{"active":true` + members.String() + `}`, false},
		{"32 levels are read", `{"active":true,"x":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + `}`, true},
		{"33 levels are refused", `{"active":true,"x":` + strings.Repeat("[", 32) + strings.Repeat("]", 32) + `}`, false},
		{"10 000 levels are refused", `{"active":true,"x":` + strings.Repeat("[", 10000) + strings.Repeat("]", 10000) + `}`, false},
	} {
		t.Run("I06/"+tt.name, func(t *testing.T) {
			c := newClient(t, newSite(respondOK(tt.body)))
			if !tt.active {
				assertUnavailable(t, c, token, introspect.ErrUnavailable)
			} else if got := assertActive(t, c, token); got != tt.body {
				t.Errorf("got claims of %d bytes, want the %d of the answer", len(got), len(tt.body))
			}
		})
	}
}
