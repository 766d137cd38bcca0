package bench_test

import (
	"testing"

	"github.com/bearerguard/bearerguard/proof/bench"
)

func TestCutSplitsADocumentAtItsMarkers(t *testing.T) {
	before, between, after, err := bench.Cut("above\n<!-- a -->\ntable\n<!-- b -->\nbelow\n", "<!-- a -->", "<!-- b -->")
	if got, want := [3]string{before, between, after}, [3]string{"above\n<!-- a -->\n", "table\n", "<!-- b -->\nbelow\n"}; err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestCutRefusesADocumentWithoutMarkers(t *testing.T) {
	for _, document := range []string{"", "<!-- a -->\n", "<!-- b -->\n", "<!-- b -->\n<!-- a -->\n"} {
		if _, _, _, err := bench.Cut(document, "<!-- a -->", "<!-- b -->"); err == nil {
			t.Errorf("%q: got no error, want one that names the markers", document)
		}
	}
}
