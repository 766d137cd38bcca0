package cases

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// bindingRule says what an API answers to a scheme, a binding of the token and
// the proofs beside it. bindings and proofs list one or more values, separated
// by commas.
type bindingRule struct {
	scheme, bindings, proofs string
	off, on, required        outcome // without Config.DPoP, with it, and with Required
}

// outcome is an answer in a table, as text of docs/answers.md.
type outcome string

// The outcomes. Each of those that refuse has a row in Bindings.
const (
	outPasses      outcome = "passes"
	outNoToken     outcome = "no token"
	outNotBound    outcome = "`invalid_token`: not bound"
	outNeedsProof  outcome = "`invalid_token`: needs a proof"
	outUncheckable outcome = "`invalid_token`: unknown binding"
	outOtherKey    outcome = "`invalid_token`: another key"
	outBadProof    outcome = "`invalid_dpop_proof`"
)

// These are values of bindings and proofs in bindingRule. A binding is named
// after the members of cnf.
const (
	anyBinding   = "`x5t#S256`, `jkt` and `x5t#S256`, another"
	anyProofs    = "none, right, of another key, two"
	jktBinding   = "`jkt`"
	noBinding    = "none"
	rightProof   = "right"
	foreignProof = "of another key"
)

// bindingRules decide about every combination exactly once.
var bindingRules = []bindingRule{
	{bearerScheme, noBinding, anyProofs, outPasses, outPasses, outNotBound},
	{bearerScheme, jktBinding, anyProofs, outUncheckable, outNeedsProof, outNeedsProof},
	{bearerScheme, anyBinding, anyProofs, outUncheckable, outUncheckable, outUncheckable},
	{dpopScheme, noBinding, anyProofs, outNoToken, outNotBound, outNotBound},
	{dpopScheme, jktBinding, "none, two", outNoToken, outBadProof, outBadProof},
	{dpopScheme, jktBinding, rightProof, outNoToken, outPasses, outPasses},
	{dpopScheme, jktBinding, foreignProof, outNoToken, outOtherKey, outOtherKey},
	{dpopScheme, anyBinding, anyProofs, outNoToken, outUncheckable, outUncheckable},
}

// BindingTable returns the rules in Markdown.
func BindingTable() string {
	all := func(cell, everything string) string {
		if cell == everything {
			return "any"
		}
		return cell
	}
	var b strings.Builder
	b.WriteString("| scheme | `cnf` of the token | proofs | without `DPoP` | with `DPoP` | with `Required` |\n|---|---|---|---|---|---|\n")
	for _, r := range bindingRules {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", r.scheme, r.bindings, all(r.proofs, anyProofs), r.off, r.on, r.required)
	}
	return b.String()
}

// of returns the outcome for a mode.
func (r bindingRule) of(m proofMode) outcome {
	switch {
	case m.off:
		return r.off
	case m.required:
		return r.required
	}
	return r.on
}

// theSchemeAndTheBindingDecideTogether sends every combination in every mode.
func theSchemeAndTheBindingDecideTogether(t *testing.T, frameworks []Framework) {
	for _, mode := range []proofMode{proofsOff, proofsOn, proofsRequired} {
		l := newProofLab(t, frameworks, mode)
		g := group{id: "D04", why: "the scheme, the binding and the policy decide together (RFC 9449 §7)"}
		seen := make(map[string]bool)
		for _, rule := range bindingRules {
			for binding := range strings.SplitSeq(rule.bindings, ", ") {
				for proofs := range strings.SplitSeq(rule.proofs, ", ") {
					name := fmt.Sprintf("%s, cnf %s, proofs %s, mode %s", rule.scheme, strings.Trim(binding, "`"), proofs, mode.name)
					if seen[name] {
						t.Errorf("%s has two rules", name)
					}
					seen[name] = true
					g.rows = append(g.rows, row{name: name, request: l.combination(rule.scheme, binding, proofs), want: l.verdictOf(rule.of(mode), rule.scheme)})
				}
			}
		}
		if len(g.rows) != 2*5*4 {
			t.Errorf("got %d combinations, want 2 schemes, 5 bindings and 4 kinds of proofs", len(g.rows))
		}
		l.run(t, g)
	}
}

// combination returns a request of the table.
func (l *proofLab) combination(scheme, binding, proofs string) request {
	token := l.Good()
	if cnf, ok := map[string]string{
		jktBinding: l.cnf(), "`x5t#S256`": `{"x5t#S256":"` + l.jkt + `"}`,
		"`jkt` and `x5t#S256`": `{"jkt":"` + l.jkt + `","x5t#S256":"` + l.jkt + `"}`, "another": `{"` + canary + `":"` + l.jkt + `"}`,
	}[binding]; ok {
		token = l.bound("cnf", cnf)
	}
	return at("/read", scheme+" "+token).withLate(func(method string) []field {
		right := testserver.Proof(l.key, method, apiURL+"/read", token)
		switch proofs {
		case "none":
			return nil
		case foreignProof:
			return l.fields(testserver.Proof(l.other.key, method, apiURL+"/read", token)...)
		case "two":
			return l.fields(slices.Concat(right, testserver.Proof(l.key, method, apiURL+"/read", token))...)
		}
		return l.fields(right...)
	})
}

// verdictOf returns the verdict of an outcome.
func (m proofMode) verdictOf(o outcome, scheme string) verdict {
	token := func(description string) verdict { return m.refuses(401, "invalid_token", description, scheme) }
	switch o {
	case outPasses:
		return alice("/read")
	case outNoToken:
		return m.asks()
	case outNotBound:
		return token(notBound)
	case outNeedsProof:
		return m.refuses(401, "invalid_token", needsProof, bothSchemes)
	case outUncheckable:
		return token(uncheckable)
	case outOtherKey:
		return token(otherKey)
	case outBadProof:
	}
	return m.badProof(notAProof)
}
