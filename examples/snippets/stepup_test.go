package snippets

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/apitest"
)

func Example_stepUp() {
	as, err := testserver.Start(context.Background()) // stands for your authorization server
	if err != nil {
		log.Fatal(err)
	}
	defer as.Close()
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api",
		Issuers:  []middleware.Issuer{{URL: as.Issuer()}},
		Client:   as.Client(),
	})
	if err != nil {
		log.Fatal(err)
	}
	payments := httpauth.Require(v, scopes.All("pay"), scopes.ACR("urn:example:mfa"), scopes.AuthWithin(5*time.Minute))
	api := payments(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "paid") }))

	for _, acr := range []string{"urn:example:password", "urn:example:mfa"} {
		w := httptest.NewRecorder()
		api.ServeHTTP(w, as.Authorize(httptest.NewRequest("POST", "/payments", nil),
			testserver.Scope("pay"), testserver.Claim("acr", acr), testserver.Claim("auth_time", time.Now().Unix())))
		fmt.Println(w.Code, w.Header().Get("WWW-Authenticate"))
	}
	// Output:
	// 401 Bearer realm="api", error="insufficient_user_authentication", error_description="authentication of the user does not meet the requirements of this resource", acr_values="urn:example:mfa", max_age="300"
	// 200
}

// newPayments returns an API whose payments need a recent login with a second
// factor.
func newPayments(v *middleware.Verifier) http.Handler {
	need := httpauth.Require(v, scopes.All("pay"), scopes.ACR("urn:example:mfa"), scopes.AuthWithin(5*time.Minute))
	return need(http.HandlerFunc(whoami))
}

func TestPaymentsNeedARecentLoginWithASecondFactor(t *testing.T) {
	as := testserver.New(t)
	apitest.Check(t, as, newPayments(trusting(t, as)), func() *http.Request {
		return httptest.NewRequest("POST", "/payments", nil)
	}, apitest.RequireScope("pay"), apitest.RequireACR("urn:example:mfa"), apitest.RequireAuthWithin(5*time.Minute))
}

// TestStepUp runs a client. The API refuses the client's first token, and
// accepts the token from a new login.
func TestStepUp(t *testing.T) {
	as := testserver.New(t)
	api := httptest.NewServer(newPayments(trusting(t, as)))
	t.Cleanup(api.Close)
	web := as.AddClient(testserver.Client{RedirectURIs: []string{"https://app.example.com/callback"}})
	app := oauth2.Config{
		ClientID: web.ID, ClientSecret: web.Secret, RedirectURL: web.RedirectURIs[0], Scopes: []string{"profile"},
		Endpoint: oauth2.Endpoint{AuthURL: as.Endpoint(testserver.EndpointAuthorize), TokenURL: as.Endpoint(testserver.EndpointToken)},
	}
	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, as.Client())
	verifier := oauth2.GenerateVerifier()
	pay := func(page string) *http.Response {
		t.Helper()
		token, err := app.Exchange(ctx, as.Login(t, page).Query().Get("code"), oauth2.VerifierOption(verifier))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := oauth2.NewClient(t.Context(), oauth2.StaticTokenSource(token)).Post(api.URL+"/payments", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		return answer
	}

	refused := pay(app.AuthCodeURL("some-state", oauth2.S256ChallengeOption(verifier)))
	if refused.StatusCode != http.StatusUnauthorized {
		t.Errorf("got %d for a token of an ordinary login, want 401", refused.StatusCode)
	}
	page := stepUp(app, refused, "some-state", verifier)
	if page == "" {
		t.Fatalf("got no page to authenticate on, after the challenge %s", refused.Header.Get("WWW-Authenticate"))
	}
	accepted := pay(page)
	if accepted.StatusCode != http.StatusOK {
		t.Errorf("got %d after the step-up, want 200: %s", accepted.StatusCode, accepted.Header.Get("WWW-Authenticate"))
	}
	if again := stepUp(app, accepted, "some-state", verifier); again != "" {
		t.Errorf("got %s for an accepted token, want no page", again)
	}
}
