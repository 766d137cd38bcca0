package testserver_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// In docs/mock-server.md and docs/testing.md, a comment precedes each table
// that has its rows from the code. This test compares these tables with the
// code. If a table differs, the test prints the expected table.
func TestDocumentedTablesMatchTheCatalogue(t *testing.T) {
	endpoints, algs := [][]string{{"name", "path", "methods", "needs one of", "available with"}}, [][]string{{"metadata of the client", "field of `Client.Algs`", "flag of `client add`", "what it signs", "default"}}
	for _, r := range catalogue.Routes {
		endpoints = append(endpoints, []string{
			"`" + string(r.Endpoint) + "`", "`" + r.Path + "`", strings.Join(r.Methods, ", "), strings.Join(catalogue.Names(r.Needs), ", "), r.Option,
		})
	}
	for _, f := range new(testserver.ClientAlgs).Fields() {
		algs = append(algs, []string{"`" + f.Member + "`", "`" + f.Field + "`", "`--" + f.Flag + "`", f.About, f.Default})
	}
	proofs := [][]string{{"defect", "what is wrong"}}
	for _, d := range token.ProofCatalogue() {
		proofs = append(proofs, []string{"`" + string(d.Name) + "`", d.Wrong})
	}
	names, certificates := [][]string{{"metadata of the client", "field of `Client.TLS`", "flag of `client add`", "what it is"}}, [][]string{{"defect", "what is wrong"}}
	for _, n := range new(testserver.ClientTLS).Names() {
		names = append(names, []string{"`" + n.Member + "`", "`" + n.Field + "`", "`--" + n.Flag + "`", n.About})
	}
	for _, d := range token.CertificateCatalogue() {
		certificates = append(certificates, []string{"`" + string(d.Name) + "`", d.Wrong})
	}
	signals := [][]string{{"defect", "what is wrong"}}
	for _, d := range token.SignalCatalogue() {
		signals = append(signals, []string{"`" + string(d.Name) + "`", d.Wrong})
	}
	compareTables(t, "mock-server.md", "internal/catalogue", map[string][][]string{"endpoints": endpoints, "client algorithms": algs, "names in certificates": names})
	compareTables(t, "mock-server.md", "testserver/internal/token", map[string][][]string{"defects of certificates": certificates, "defects of signals": signals})
	compareTables(t, "testing.md", "testserver/internal/token", map[string][][]string{"defects of proofs": proofs})
}

// compareTables checks that the tables in a document have the expected rows.
// The tables argument maps the name of each table to its expected rows. In the
// document, a comment before each table names the table and its source.
func compareTables(t *testing.T, document, source string, tables map[string][][]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", document))
	if err != nil {
		t.Fatal(err)
	}
	for name, rows := range tables {
		_, rest, found := strings.Cut(string(text), "<!-- "+name+": from "+source+" -->\n")
		got, _, ended := strings.Cut(rest, "<!-- end -->")
		if !found || !ended {
			t.Fatalf("docs/%s has no table of %s", document, name)
		}
		var b strings.Builder
		for i, row := range rows {
			b.WriteString("| " + strings.Join(row, " | ") + " |\n")
			if i == 0 {
				b.WriteString(strings.Repeat("|---", len(row)) + "|\n")
			}
		}
		if want := b.String(); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}
