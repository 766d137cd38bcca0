package snippets

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/revoke"
)

// revocable returns a list of revoked tokens, and a verifier that refuses these
// tokens. A goroutine updates the list until ctx is done.
func revocable(ctx context.Context, feed revoke.Feed) (*middleware.Verifier, *revoke.List, error) {
	list, err := revoke.New(revoke.Config{
		Feed:  feed,          // shared by all machines
		OnLag: revoke.Refuse, // 503 if the feed was not read for ten seconds
	})
	if err != nil {
		return nil, nil, err
	}
	go func() { _ = list.Run(ctx) }()

	v, err := middleware.NewVerifier(middleware.Config{
		Audience:    "https://api.example.com",
		Issuers:     []middleware.Issuer{{URL: "https://login.example.com"}},
		Revocations: list,
	})
	return v, list, err
}

// logOut revokes all tokens that a user has now. The given lifetime must be the
// longest lifetime of an access token.
func logOut(ctx context.Context, list *revoke.List, user string, lifetime time.Duration) error {
	now := time.Now()
	return list.Add(ctx, revoke.Revocation{
		Issuer: "https://login.example.com",
		Kind:   revoke.Subject,
		Value:  user,
		Before: now, // later tokens stay valid
		Until:  now.Add(lifetime),
	})
}

// receiver returns a handler for reports of a service. Each report names a user
// whose tokens must be revoked. The service sends a report again until the
// handler answers 202 or 400.
func receiver(list *revoke.List) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := logOut(r.Context(), list, r.FormValue("user"), time.Hour)
		switch {
		case err == nil:
			w.WriteHeader(http.StatusAccepted)
		case errors.Is(err, revoke.ErrPublish), errors.Is(err, revoke.ErrFull):
			w.WriteHeader(http.StatusServiceUnavailable) // not in force on every machine, so the service must retry
		default:
			w.WriteHeader(http.StatusBadRequest) // the user is empty, too long or not valid UTF-8
		}
	}
}
