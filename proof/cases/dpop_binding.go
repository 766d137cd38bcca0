package cases

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/clientcert"
	"github.com/bearerguard/bearerguard/testserver"
)

// bindingRule is a row of a bindingTable. It has one scheme. Each of the other
// string fields lists one or more values, separated by commas. The rule applies
// to every combination of these values. There is one outcome for each mode of
// the table.
type bindingRule struct {
	scheme, bindings, proofs, certificates string
	outcomes                               []outcome
}

// outcome is a response, described as in the tables of docs/answers.md.
type outcome string

// The outcomes of the tables.
const (
	outPasses      outcome = "passes"
	outNoToken     outcome = "no token"
	outNotBound    outcome = "`invalid_token`: not bound"
	outNeedsProof  outcome = "`invalid_token`: needs a proof"
	outUncheckable outcome = "`invalid_token`: unknown binding"
	outOtherKey    outcome = "`invalid_token`: another key"
	outOtherCert   outcome = "`invalid_token`: wrong or no certificate"
	outBadProof    outcome = "`invalid_dpop_proof`"
)

// These are values for the bindings, proofs and certificates of a bindingRule.
// A binding is named after the members of cnf.
const (
	jktBinding   = "`jkt`"
	x5tBinding   = "`x5t#S256`"
	bothBindings = "`jkt` and `x5t#S256`"
	otherBinding = "another"
	noBinding    = "none"
	uncheckables = x5tBinding + ", " + bothBindings + ", " + otherBinding // the bindings that an API without ClientCert cannot check
	anyProofs    = "none, right, of another key, two"
	badProofs    = "none, two"
	rightProof   = "right"
	foreignProof = "of another key"
	anyCerts     = "none, right, another"
	rightCert    = "right"
	wrongCerts   = "none, another"
)

// bindingTable is a table of docs/answers.md. For each combination of scheme,
// binding, proofs and certificate, exactly one rule applies.
type bindingTable struct {
	name         string   // the name in the comments that enclose the table
	headings     []string // column headings of the modes
	modes        []proofMode
	certificates string   // values of the certificate column; "" omits the column
	methods      []string // nil means all methods
	rules        []bindingRule
}

var bindingTables = []bindingTable{
	{
		"bindings", []string{"without `DPoP`", "with `DPoP`", "with `Required`"}, []proofMode{proofsOff, proofsOn, proofsRequired}, "", nil,
		[]bindingRule{
			{bearerScheme, noBinding, anyProofs, "", []outcome{outPasses, outPasses, outNotBound}},
			{bearerScheme, jktBinding, anyProofs, "", []outcome{outUncheckable, outNeedsProof, outNeedsProof}},
			{bearerScheme, uncheckables, anyProofs, "", []outcome{outUncheckable, outUncheckable, outUncheckable}},
			{dpopScheme, noBinding, anyProofs, "", []outcome{outNoToken, outNotBound, outNotBound}},
			{dpopScheme, jktBinding, badProofs, "", []outcome{outNoToken, outBadProof, outBadProof}},
			{dpopScheme, jktBinding, rightProof, "", []outcome{outNoToken, outPasses, outPasses}},
			{dpopScheme, jktBinding, foreignProof, "", []outcome{outNoToken, outOtherKey, outOtherKey}},
			{dpopScheme, uncheckables, anyProofs, "", []outcome{outNoToken, outUncheckable, outUncheckable}},
		},
	},
	{
		"certificates", []string{"with `ClientCert`", "and `RequireBound`", "and `DPoP`", "and `DPoP.Required`"},
		[]proofMode{certificatesOn, certificatesRequired, bothOn, proofsRequiredToo}, anyCerts, []string{http.MethodGet},
		[]bindingRule{
			{bearerScheme, noBinding, anyProofs, anyCerts, []outcome{outPasses, outNotBound, outPasses, outNotBound}},
			{bearerScheme, x5tBinding, anyProofs, rightCert, []outcome{outPasses, outPasses, outPasses, outNotBound}},
			{bearerScheme, x5tBinding, anyProofs, wrongCerts, []outcome{outOtherCert, outOtherCert, outOtherCert, outNotBound}},
			{bearerScheme, jktBinding + ", " + bothBindings, anyProofs, anyCerts, []outcome{outUncheckable, outUncheckable, outNeedsProof, outNeedsProof}},
			{bearerScheme, otherBinding, anyProofs, anyCerts, []outcome{outUncheckable, outUncheckable, outUncheckable, outUncheckable}},
			{dpopScheme, noBinding + ", " + x5tBinding, anyProofs, anyCerts, []outcome{outNoToken, outNoToken, outNotBound, outNotBound}},
			{dpopScheme, jktBinding, badProofs, anyCerts, []outcome{outNoToken, outNoToken, outBadProof, outBadProof}},
			{dpopScheme, jktBinding, rightProof, anyCerts, []outcome{outNoToken, outNoToken, outPasses, outPasses}},
			{dpopScheme, jktBinding, foreignProof, anyCerts, []outcome{outNoToken, outNoToken, outOtherKey, outOtherKey}},
			{dpopScheme, bothBindings, badProofs, rightCert, []outcome{outNoToken, outNoToken, outBadProof, outBadProof}},
			{dpopScheme, bothBindings, rightProof, rightCert, []outcome{outNoToken, outNoToken, outPasses, outPasses}},
			{dpopScheme, bothBindings, foreignProof, rightCert, []outcome{outNoToken, outNoToken, outOtherKey, outOtherKey}},
			{dpopScheme, bothBindings, anyProofs, wrongCerts, []outcome{outNoToken, outNoToken, outOtherCert, outOtherCert}},
			{dpopScheme, otherBinding, anyProofs, anyCerts, []outcome{outNoToken, outNoToken, outUncheckable, outUncheckable}},
		},
	},
}

// BindingTables returns bindingTables in Markdown, by name. docs/answers.md
// must contain these tables: a test compares them.
func BindingTables() map[string]string {
	tables := make(map[string]string)
	for _, table := range bindingTables {
		columns := []string{"scheme", "`cnf` of the token", "proofs"}
		if table.certificates != "" {
			columns = append(columns, "certificate")
		}
		columns = append(columns, table.headings...)
		var b strings.Builder
		line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
		line(columns)
		b.WriteString(strings.Repeat("|---", len(columns)) + "|\n")
		for _, r := range table.rules {
			cells := []string{r.scheme, r.bindings, orAny(r.proofs, anyProofs)}
			if table.certificates != "" {
				cells = append(cells, orAny(r.certificates, table.certificates))
			}
			for _, o := range r.outcomes {
				cells = append(cells, string(o))
			}
			line(cells)
		}
		tables[table.name] = b.String()
	}
	return tables
}

// orAny returns a cell, or "any" if the cell lists all values of its column.
func orAny(cell, everything string) string {
	if cell == everything {
		return "any"
	}
	return cell
}

// theBindingAndWhatProvesItDecideTogether sends a request for every combination
// of each table, in every mode.
func theBindingAndWhatProvesItDecideTogether(t *testing.T, frameworks []Framework) {
	list := func(cell string) []string { return strings.Split(cell, ", ") }
	for _, table := range bindingTables {
		for i, mode := range table.modes {
			l := newProofLab(t, frameworks, mode)
			g := group{id: "D04", why: "the scheme, the binding, what proves it and the configuration decide together (RFC 9449 §7, RFC 8705 §3)"}
			seen := make(map[string]bool)
			for _, rule := range table.rules {
				for _, binding := range list(rule.bindings) {
					for _, proofs := range list(rule.proofs) {
						for _, certificate := range list(rule.certificates) {
							name := fmt.Sprintf("%s, cnf %s, proofs %s, certificate %s, mode %s", rule.scheme, strings.Trim(binding, "`"), proofs, certificate, mode.name)
							if seen[name] {
								t.Errorf("%s has two rules", name)
							}
							seen[name] = true
							g.rows = append(g.rows, row{name: name, request: l.combination(rule.scheme, binding, proofs, certificate), want: l.verdictOf(rule.outcomes[i], rule.scheme)})
						}
					}
				}
			}
			if want := 2 * 5 * 4 * len(list(table.certificates)); len(g.rows) != want {
				t.Errorf("got %d combinations, want %d: 2 schemes, 5 bindings, 4 kinds of proofs and all certificates", len(g.rows), want)
			}
			l.run(t, g, table.methods...)
		}
	}
}

// combination returns the request for one combination of a table.
func (l *proofLab) combination(scheme, binding, proofs, certificate string) request {
	thumbprint, presented := l.jkt, (*tls.Certificate)(nil)
	if l.certificates != nil {
		thumbprint = clientcert.Thumbprint(l.certificates.own.Leaf)
		presented = map[string]*tls.Certificate{rightCert: l.certificates.own, "another": l.certificates.other}[certificate]
	}
	token := l.Good()
	if cnf, ok := map[string]string{
		jktBinding: l.cnf(), x5tBinding: `{"x5t#S256":"` + thumbprint + `"}`,
		bothBindings: `{"jkt":"` + l.jkt + `","x5t#S256":"` + thumbprint + `"}`, otherBinding: `{"` + canary + `":"` + l.jkt + `"}`,
	}[binding]; ok {
		token = l.bound("cnf", cnf)
	}
	return at("/read", scheme+" "+token).by(presented).withLate(func(method string) []field {
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

// verdictOf returns the verdict that an outcome describes.
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
	case outOtherCert:
		return token(wrongCertificate)
	case outBadProof:
	}
	return m.badProof(notAProof)
}
