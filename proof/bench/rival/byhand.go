package rival

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// ByHand protects a net/http handler with a verifier of a library that has no
// middleware. Users of this library must write the middleware themselves, as
// ByHand does.
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

// GinByHand does on Gin what ByHand does on net/http.
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

// refusal reads and verifies the token in the simplest way. It returns the
// status with which to refuse the request, or 0 if the token is good.
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
