package token_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

func TestEverySignalDefectIsInTheCatalogueOnce(t *testing.T) {
	var names []catalogue.Defect
	for _, d := range token.SignalCatalogue() {
		names = append(names, d.Name)
		if !strings.Contains(d.Wrong, "§") || !strings.HasSuffix(d.Wrong, ".") || !strings.HasSuffix(d.Fix, ".") || !strings.HasPrefix(string(d.Name), "event-") {
			t.Errorf("%s: got %q and %q, want sentences with a section", d.Name, d.Wrong, d.Fix)
		}
		if status, code := d.Name.Expect(); status != 400 || code != "" || !d.Name.IsSignalDefect() || d.Name.IsProofDefect() {
			t.Errorf("%s: got %d %s, want 400", d.Name, status, code)
		}
		logout := slices.Concat(catalogue.LogoutDefects, catalogue.LogoutDefectsOnRequest)
		event := slices.Concat(catalogue.EventDefects, catalogue.EventDefectsOnRequest)
		if !slices.Contains(logout, d.Name) && !slices.Contains(event, d.Name) {
			t.Errorf("%s: got it in no list, want it for logout tokens or events", d.Name)
		}
		if slices.Contains(catalogue.AllDefects(), d.Name) {
			t.Errorf("%s: got it in the defects of access tokens", d.Name)
		}
	}
	if !slices.Equal(names, catalogue.SignalDefects) {
		t.Errorf("got %q, want %q", names, catalogue.SignalDefects)
	}
}
