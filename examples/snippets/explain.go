package snippets

import (
	"context"
	"fmt"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

func explain(ctx context.Context, v *middleware.Verifier, token string) {
	made, err := v.Explain(ctx, middleware.Credentials{Token: token}, scopes.All("orders:read"))
	for _, step := range made {
		fmt.Println(step.Outcome, step.Name, "want", step.Expected, "got", step.Found)
	}
	fmt.Println(err) // the verdict
}
