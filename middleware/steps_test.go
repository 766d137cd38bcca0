package middleware_test

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

var update = flag.Bool("update", false, "rewrite the table in docs/checks.md")

func TestThePageHasTheTableOfSteps(t *testing.T) {
	const name, begin, end = "docs/checks.md", "<!-- steps -->\n", "<!-- end of steps -->"
	path, table := filepath.Join("..", name), middleware.StepTable()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	is, after, ends := strings.Cut(rest, end)
	switch {
	case !found || !ends:
		t.Errorf("%s lacks the comments that enclose the table", name)
	case *update:
		if err := os.WriteFile(path, []byte(before+begin+table+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	case is != table:
		t.Errorf("the table in %s differs from the code: run go test ./middleware -run TestThePageHas -update", name)
	}
}

// To add a step, one line in the list of steps is enough. Every kind of
// decision then runs the step, and Explain shows it.
func TestAStepIsAddedInOnePlace(t *testing.T) {
	s := newSetup(t)
	made := 0
	s.v.AddStep("one more", &made)
	count := func(what string, want int) {
		t.Helper()
		if made != want {
			t.Errorf("%s: the step ran %d times, want %d", what, made, want)
		}
		made = 0
	}
	authorized, err := s.v.Authorize(make(http.Header), request(t, "Bearer "+s.Good()))
	if err != nil {
		t.Fatal(err)
	}
	count("Authorize", 1)
	if _, err := s.v.Authorize(make(http.Header), authorized, scopes.All("read")); err != nil {
		t.Fatal(err)
	}
	count("Authorize of a nested route", 1)
	if _, err := s.v.AuthorizeOptional(make(http.Header), request(t)); err != nil {
		t.Fatal(err)
	}
	count("AuthorizeOptional", 1)
	token, err := s.v.Verify(t.Context(), middleware.Credentials{Token: s.Good()})
	if err != nil {
		t.Fatal(err)
	}
	count("Verify", 1)
	if err := s.v.Check(token, scopes.All("read")); err != nil {
		t.Fatal(err)
	}
	count("Check", 1)
	steps, err := s.v.Explain(t.Context(), middleware.Credentials{Token: s.Good()})
	if err != nil || len(steps) == 0 || steps[0].Name != "one more" || steps[0].Outcome != middleware.Passed {
		t.Errorf("Explain: got %v and %v, want the added step first", steps, err)
	}
	count("Explain", 1)
	if _, _, err := s.v.VerifySignal(t.Context(), s.Good(), "at+jwt"); err != nil {
		t.Fatal(err)
	}
	count("VerifySignal", 1)
}

// Operators read the result of Explain in a terminal, so it must not contain
// unprintable or long text that an attacker wrote into a token.
func TestExplainShowsNothingUnprintableAndNothingLong(t *testing.T) {
	s := newSetup(t)
	for _, length := range []int{3, 300} {
		hostile := `"\u001b[31m\u202e` + strings.Repeat("x", length) + `"`
		for name, test := range map[string]struct{ step, token string }{
			"alg": {"header", s.Token(s.Header("alg", hostile), s.Claims())},
			"typ": {"type", s.Token(s.Header("typ", hostile), s.Claims())},
			"iss": {"issuer", s.Token(s.Header(), s.Claims("iss", hostile))},
			"aud": {"audience", s.Token(s.Header(), s.Claims("aud", hostile))},
		} {
			t.Run(fmt.Sprintf("%s with %d letters", name, length), func(t *testing.T) {
				steps, _ := s.v.Explain(t.Context(), middleware.Credentials{Token: test.token})
				for _, step := range steps {
					shows := strings.Contains(step.Found, `"\x1b[31m\u202exxx`)
					if strings.Count(step.Found, "x") > 200 || strings.ContainsFunc(step.Found, func(r rune) bool { return r < ' ' || r > '~' }) {
						t.Errorf("%s: got %q, want 200 bytes at most, all printable", step.Name, step.Found)
					}
					if shows != (step.Name == test.step) {
						t.Errorf("%s: got %q, want the value in %s", step.Name, step.Found, test.step)
					}
				}
			})
		}
	}
}
