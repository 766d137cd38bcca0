package recipes

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/scopes"
)

const (
	denylistTimeout = 200 * time.Millisecond // for each request to Redis
	denylistSkew    = 5 * time.Minute        // the maximum of Config.ClockSkew
)

// Denylist is a list of revoked tokens in Redis.
type Denylist struct{ redis *redis.Client }

// NewDenylist returns a list that is stored in the Redis server to which
// options refers. It sets options.ContextTimeoutEnabled. The list connects to
// Redis when it is first used. Call Close at the end.
func NewDenylist(options *redis.Options) *Denylist {
	options.ContextTimeoutEnabled = true // otherwise only the timeouts in options apply: several seconds for each attempt
	return &Denylist{redis.NewClient(options)}
}

// Close closes the connections.
func (d *Denylist) Close() error { return d.redis.Close() }

// denylistKey returns the Redis key of a token. An issuer is a URL and contains
// no space, so the space separates the issuer from the ID.
func denylistKey(t *middleware.Token) string { return "revoked:" + t.Issuer + " " + t.ID }

// Revoked reports whether a token is on the list. Use it as Config.Revoked.
func (d *Denylist) Revoked(ctx context.Context, t *middleware.Token) (bool, error) {
	if t.ID == "" {
		return true, nil // refused, because it cannot be put on the list
	}
	ctx, cancel := context.WithTimeout(ctx, denylistTimeout)
	defer cancel()
	found, err := d.redis.Exists(ctx, denylistKey(t)).Result()
	return found > 0, err
}

// Revoke puts a token on the list. The entry expires five minutes after the
// token, because a verifier may allow for that much clock skew.
func (d *Denylist) Revoke(ctx context.Context, t *middleware.Token) error {
	if t.ID == "" || t.Expiry.IsZero() {
		return errors.New("only a token with jti and exp can be revoked")
	}
	ctx, cancel := context.WithTimeout(ctx, denylistTimeout)
	defer cancel()
	return d.redis.SetArgs(ctx, denylistKey(t), 1, redis.SetArgs{ExpireAt: t.Expiry.Add(denylistSkew)}).Err()
}

// DenylistHTTP returns an API whose callers can revoke their own tokens. The
// function Config.Revoked of the verifier must use the same list.
func DenylistHTTP(v *middleware.Verifier, list *Denylist) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /orders", httpauth.Require(v, scopes.All("orders:read"))(listOrders))
	mux.Handle("POST /logout", httpauth.Require(v)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := list.Revoke(context.WithoutCancel(r.Context()), httpauth.Token(r)); err != nil {
			http.Error(w, "the token is not revoked, try again", http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})))
	return mux
}
