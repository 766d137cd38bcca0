package doctor_test

import (
	"fmt"
	"strings"
	"testing"
)

// The parser must find resource_metadata in every form of WWW-Authenticate that
// RFC 9110 §11.6.1 allows.
func TestChallengesAreReadAsWritten(t *testing.T) {
	const base = "https://api.example.com"
	pointer := base + wellKnown + "/v1"
	for field, parsed := range map[string]bool{
		`Bearer resource_metadata="%s"`:                            true,
		`bearer RESOURCE_METADATA = "%s"`:                          true,
		`, ,Bearer , realm=a ,, resource_metadata="%s",`:           true,
		`Bearer realm="a, \"Basic\" x=y", resource_metadata="%s"`:  true,
		`Basic realm="x",Bearer realm="y",resource_metadata="%s"`:  true,
		`Negotiate a+/=, Bearer resource_metadata="%s"`:            true,
		`Negotiate, Bearer resource_metadata="%s"`:                 true,
		`Bearer resource_metadata="%s", Digest qop="auth, x", n=1`: true,
		`Bearer error=a resource_metadata="%s"`:                    false,
		`Bearer resource_metadata="%s`:                             false,
		`Bearer resource_metadata="%s\`:                            false,
		`Bearer resource_metadata=%s`:                              false,
		`Bearer resource_metadata="%s", resource_metadata="b"`:     false,
		`Bearer: resource_metadata="%s"`:                           false,
		`Bearer ="%s"`:                                             false,
	} {
		t.Run(field, func(t *testing.T) {
			a := newAPI(base)
			a.challenge = []string{fmt.Sprintf(field, pointer)}
			got, _ := examine(t.Context(), t, a, "/v1")
			if found := !strings.Contains(strings.Join(got, "\n"), "failed challenge: the challenge cannot be parsed"); found != parsed {
				t.Errorf("got %q, want parsed %v", got, parsed)
			}
			if parsed && got != nil {
				t.Errorf("got %q, want nothing", got)
			}
		})
	}
}
