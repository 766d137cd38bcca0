package bench_test

import (
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/proof/bench"
)

func TestVersionsAreThoseOfGoMod(t *testing.T) {
	if got := bench.Version("github.com/golang-jwt/jwt/v5"); !strings.HasPrefix(got, "v5.") {
		t.Errorf("got %q, want v5 of golang-jwt", got)
	}
	for _, module := range []string{"github.com/bearerguard/bearerguard", "github.com/golang-jwt/jwt", "example.com/c"} {
		if got := bench.Version(module); got != "" {
			t.Errorf("%s: got %q, want none", module, got)
		}
	}
}
