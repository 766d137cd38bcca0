package snippets

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/apitest"
)

func TestProofOfABoundToken(t *testing.T) {
	as := testserver.New(t)

	key := testserver.GenerateKey("ES256", "") // the client's key
	token := as.Token(testserver.BoundTo(key), testserver.Scope("orders:read"))

	r := httptest.NewRequest("GET", "https://api.example.com/orders", nil)
	r.Header.Set("Authorization", "DPoP "+token)
	r.Header["Dpop"] = testserver.Proof(key, r.Method, r.URL.String(), token) // Go writes the header DPoP as Dpop

	if got := len(r.Header.Values("DPoP")); got != 1 {
		t.Errorf("got %d proofs, want 1", got)
	}
}

func TestEachDefectOfProofs(t *testing.T) {
	as := testserver.New(t)
	key := testserver.GenerateKey("ES256", "")
	proofs := map[int]int{}
	try := func(_ testserver.Defect, r *http.Request) { proofs[len(r.Header.Values("DPoP"))]++ }

	for defect := range testserver.ProofDefects() {
		token := as.Token(testserver.BoundTo(key), testserver.With(defect))
		r := httptest.NewRequest("GET", "https://api.example.com/orders", nil)
		r.Header.Set("Authorization", "DPoP "+token)
		r.Header["Dpop"] = testserver.Proof(key, r.Method, r.URL.String(), token, testserver.With(defect)) // one proof for most defects, otherwise none or two
		try(defect, r)
	}

	if proofs[0] != 1 || proofs[2] != 1 || proofs[1] < 40 {
		t.Errorf("got %v requests with so many proofs, want one without and one with two", proofs)
	}
}

// failures is a testing.TB that records the names of failed checks and does not
// fail the test.
type failures struct {
	testing.TB

	names []string
}

func (f *failures) Errorf(format string, args ...any) {
	name, _, _ := strings.Cut(strings.TrimPrefix(fmt.Sprintf(format, args...), "apitest.Check: "), ":")
	f.names = append(f.names, name)
}

func TestAPIWithoutDPoPFailsTheCheckOfDPoP(test *testing.T) {
	t := &failures{TB: test}
	as := testserver.New(t)
	api := newAPI(trusting(test, as))

	apitest.Check(t, as, api, func() *http.Request {
		return httptest.NewRequest("GET", "/orders", nil)
	}, apitest.RequireScope("orders:read"), apitest.RequireDPoP(), apitest.Origin("https://api.example.com/v1"))

	if got := strings.Join(t.names, " "); got != "good-token" {
		test.Errorf("got %s, want only good-token", got)
	}
}
