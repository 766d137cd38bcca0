package apicheck

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Claim is a requirement of a route: the claim Name must contain Value, for
// example a role. Name is the name of a top-level claim, or a JSON Pointer to a
// nested claim.
type Claim struct{ Name, Value string }

func (v Claim) String() string { return fmt.Sprintf("%q in the claim %s", v.Value, v.Name) }

func (v Claim) faults() error {
	var errs []error
	if _, err := token.ClaimPath(v.Name); err != nil {
		errs = append(errs, fmt.Errorf("RequireClaim: %q: %w", v.Name, err))
	}
	if v.Name == "" || v.Value == "" {
		errs = append(errs, fmt.Errorf("RequireClaim: %q, %q: give a claim and a value", v.Name, v.Value))
	}
	return errors.Join(errs...)
}

// edited returns a token edit that applies the edit function to the strings in
// the claim. If the function changes nothing, the token edit does not write the
// claim, because writing would turn a single string into an array.
func (v Claim) edited(edit func([]string) []string) token.Edit {
	return func(d *token.Draft) {
		had := d.TextsAt(v.Name)
		switch has := edit(slices.Clone(had)); {
		case slices.Equal(has, had):
		case len(has) == 0:
			d.DeleteAt(v.Name)
		default:
			d.SetAt(v.Name, has)
		}
	}
}

// carried returns a token edit that adds v.Value to the claim if it is not
// there yet.
func (v Claim) carried() token.Edit {
	return v.edited(func(list []string) []string {
		if slices.Contains(list, v.Value) {
			return list
		}
		return append(list, v.Value)
	})
}

// replaced returns a token edit that removes v.Value from the claim and adds
// the strings in others.
func (v Claim) replaced(others ...string) token.Edit {
	return v.edited(func(list []string) []string {
		return append(slices.DeleteFunc(list, func(one string) bool { return one == v.Value }), others...)
	})
}

// similar returns values that a careless comparison would mistake for v.Value.
// It leaves out values that the route also requires.
func (v Claim) similar(needed []Claim) []string {
	letters := []rune(v.Value)
	title := strings.ToUpper(string(letters[0])) + string(letters[1:])
	shorter := string(letters[:len(letters)-1])
	var list []string
	for _, like := range []string{v.Value + "x", "x" + v.Value, v.Value + " ", shorter, title, strings.ToUpper(v.Value), strings.ToLower(v.Value)} {
		if like != "" && !slices.Contains(list, like) && !slices.Contains(needed, Claim{v.Name, like}) && like != v.Value {
			list = append(list, like)
		}
	}
	return list
}

// elsewhere returns claims with the value of v under a wrong name. Each of them
// has the path of v with one name changed. If v is a nested claim, the list
// also has a top-level claim with the last name of the path.
func (v Claim) elsewhere() (list []Claim) {
	path, _ := token.ClaimPath(v.Name) // no error: Faults has checked the path
	for i := range path {
		other := slices.Clone(path)
		other[i] += "-other"
		list = append(list, Claim{token.Pointer(other), v.Value})
	}
	if n := len(path); n > 1 {
		list = append(list, Claim{token.Pointer(path[n-1:]), v.Value})
	}
	return list
}

// withoutIt returns probes whose tokens lack v.Value but have all other
// required values.
func (v Claim) withoutIt(needed []Claim, good func(...token.Edit) string) []probe {
	lacking := func(name, sent, why, fix string, edits ...token.Edit) probe {
		p := probe{
			name: name, sent: sent, want: []reply{{http.StatusForbidden, "insufficient_scope"}}, lacks: v.Value, why: why, fix: fix,
		}
		token := good(append(edits, func(d *token.Draft) {
			p.has = d.Scopes()
		})...)
		for _, other := range needed {
			p.has = append(p.has, other.Value)
		}
		p.has = slices.DeleteFunc(p.has, func(one string) bool { return one == v.Value })
		p.authorization, p.tokens = []string{"Bearer " + token}, []string{token}
		return p
	}
	similar := v.similar(needed)
	confusing := []token.Edit{v.replaced(similar...)}
	for _, other := range v.elsewhere() {
		confusing = append(confusing, other.carried())
	}
	return []probe{
		lacking("missing-claim", "a token without "+v.String(),
			"The token is valid, but a value that the route requires is missing in the claim (RFC 9068 §2.2.3.1, RFC 6750 §3.1).",
			"Check the route's claim after the token, and answer 403 with error=\"insufficient_scope\". "+
				"If the API also reads the value from another claim of the good token, remove that other claim with Token(Without(…)).",
			v.replaced()),
		lacking("look-alike-claim", fmt.Sprintf("a token without %s, but with %q, and with the required value in claims that have other names", v, similar),
			"A role is one whole, case-sensitive value of one claim (RFC 7519 §2, RFC 9068 §2.2.3.1).",
			"Read only the claim that the route requires, and compare whole values byte for byte.",
			confusing...),
	}
}
