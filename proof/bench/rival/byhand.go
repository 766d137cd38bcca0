package rival

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// ByHand is a verifier in a handler of net/http, which its library leaves to
// its users.
func ByHand(r Rival) Protection {
	return Protection{
		Name: r.String() + " by hand",
		Open: func(ctx context.Context, s Settings) (http.Handler, error) {
			v, err := r.Open(ctx, s)
			if err != nil {
				return nil, err
			}
			return routed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if status := refusal(v, r); status != 0 {
					w.WriteHeader(status)
					return
				}
				orders.ServeHTTP(w, r)
			})), nil
		},
	}
}

// GinByHand is the same for Gin.
func GinByHand(r Rival) Protection {
	return Protection{
		Name: "Gin: " + r.String() + " by hand",
		Open: func(ctx context.Context, s Settings) (http.Handler, error) {
			v, err := r.Open(ctx, s)
			if err != nil {
				return nil, err
			}
			return ginAPI(func(c *gin.Context) {
				if status := refusal(v, c.Request); status != 0 {
					c.AbortWithStatus(status)
				}
			}), nil
		},
	}
}

// refusal reads the token in the plainest way and returns the status to refuse
// the request with, or 0.
func refusal(v Verifier, r *http.Request) int {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return http.StatusUnauthorized
	}
	switch err := v.Verify(r.Context(), token); {
	case err == nil:
		return 0
	case errors.Is(err, errScope):
		return http.StatusForbidden
	}
	return http.StatusUnauthorized
}
