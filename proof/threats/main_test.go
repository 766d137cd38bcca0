package main

import (
	"strings"
	"testing"
)

const events = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestA/J01/one"}
{"Action":"pass","Package":"p","Test":"TestA/J01/two"}
{"Action":"pass","Package":"p","Test":"TestA/J01"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"fail","Package":"p","Test":"TestB/J02/one"}
{"Action":"skip","Package":"p","Test":"TestB/J02/two"}
{"Action":"fail","Package":"p","Test":"TestB"}
{"Action":"pass","Package":"p","Test":"TestK20Rotation"}
{"Action":"pass","Package":"p","Test":"TestC/P105/a_good_token"}
{"Action":"pass","Package":"q","Test":"TestB/I20/a_server_that_hangs"}
{"Action":"pass","Package":"q","Test":"TestA/J01/one"}
{"Action":"pass","Package":"q","Test":"TestOther/no row"}
`

func TestOnlyInnermostTestsCount(t *testing.T) {
	cases, err := collect(strings.NewReader(events))
	if err != nil {
		t.Fatal(err)
	}
	for row, want := range map[string]outcome{"J01": {passed: 3}, "J02": {wrong: 2}, "K20": {passed: 1}, "I20": {passed: 1}, "P105": {passed: 1}} {
		if cases[row] != want {
			t.Errorf("%s: got %+v, want %+v", row, cases[row], want)
		}
	}
	if len(cases) != 5 {
		t.Errorf("got %v, want five rows", cases)
	}
}

func TestReportListsMissingFailedAndUnknownRows(t *testing.T) {
	var out strings.Builder
	err := report(&out, rows("# a comment\nJ01 first\nJ02 second\nJ03 third\n"), map[string]outcome{
		"J01": {passed: 2}, "J02": {passed: 1, wrong: 1}, "X98": {passed: 1},
	})
	if err == nil {
		t.Fatal("got no error")
	}
	for _, part := range []string{"J02 has 1 cases that did not pass", "J03 has no case", "X98 has 1 cases and is not in rows.txt"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("got %q, want %q in it", err, part)
		}
	}
	if strings.Contains(err.Error(), "J01") || !strings.Contains(out.String(), "3 rows, 3 cases") {
		t.Errorf("got %q and\n%s", err, &out)
	}
}

func TestRowsAreUnique(t *testing.T) {
	seen := make(map[string]bool)
	for _, r := range rows(rowsText) {
		if seen[r.row] || !row.MatchString("/"+r.row+"/") || r.text == "" {
			t.Errorf("the row %q is repeated or malformed", r.row)
		}
		seen[r.row] = true
	}
	if len(seen) < 80 {
		t.Errorf("got %d rows, want at least 80", len(seen))
	}
}
