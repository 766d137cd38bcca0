package migrate_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/bearerguard/bearerguard/proof/bench/migrate"
	"github.com/bearerguard/bearerguard/testserver"
)

func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	as, err := testserver.Start(ctx, serverOptions(false)...)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer as.Close()
	golangJWT := migrate.Migrations()[0]
	before, err := golangJWT.Before(ctx, settings(as))
	if err != nil {
		fmt.Println(err)
		return
	}
	after, err := golangJWT.After(ctx, settings(as))
	if err != nil {
		fmt.Println(err)
		return
	}

	for _, sent := range []struct{ what, token string }{
		{"a good token", as.Token()},
		{"without the scope", as.Token(testserver.Scope("profile"))},
		{"expired", as.Token(testserver.With(testserver.Expired))},
		{"from another issuer", as.Token(testserver.With(testserver.WrongIssuer))},
		{"for another API", as.Token(testserver.With(testserver.WrongAudience))},
		{"that never expires", as.Token(testserver.With(testserver.MissingExp))},
	} {
		r := httptest.NewRequest(http.MethodGet, "/orders", http.NoBody)
		r.Header.Set("Authorization", "Bearer "+sent.token)
		was, is := httptest.NewRecorder(), httptest.NewRecorder()
		before.ServeHTTP(was, r)
		after.ServeHTTP(is, r)
		fmt.Printf("%-20s before %d, after %d\n", sent.what, was.Code, is.Code)
	}
	// Output:
	// a good token         before 200, after 200
	// without the scope    before 403, after 403
	// expired              before 401, after 401
	// from another issuer  before 200, after 401
	// for another API      before 200, after 401
	// that never expires   before 200, after 401
}
