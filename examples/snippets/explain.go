package snippets

import (
	"context"
	"fmt"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

func explain(ctx context.Context, v *middleware.Verifier, token string) {
	steps, err := v.Explain(ctx, middleware.Credentials{Token: token}, scopes.All("orders:read"))
	for _, step := range steps {
		fmt.Println(step.Outcome, step.Name, step.Expected, step.Found, step.Err)
	}
	fmt.Println(err) // the verdict
}
