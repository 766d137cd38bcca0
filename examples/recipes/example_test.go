package recipes_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/bearerguard/bearerguard/examples/recipes"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

func Example() {
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
	api := recipes.ProblemHTTP(v) // one of the recipes
	for _, scope := range []string{"orders:read", "profile"} {
		r := as.Authorize(httptest.NewRequest(http.MethodGet, "/orders", http.NoBody), testserver.Scope(scope), testserver.Subject("alice"))
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 orders of alice
	// 403 {"title":"Forbidden","status":403,"detail":"token does not meet the requirements of this resource","error":"insufficient_scope"}
}
