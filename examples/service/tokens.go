package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// tokens caches the token of the service. The TokenSource of clientcredentials
// is not enough, because it has no way to discard a token that the API has
// refused.
type tokens struct {
	oauth  clientcredentials.Config
	client *http.Client
	out    io.Writer
	dpop   bool // if true, get refuses tokens that are not bound to a key

	mu     sync.Mutex
	cached *oauth2.Token
}

// get returns a valid token. If the API has refused a token, pass that token,
// and get returns a different one. Otherwise pass nil. Concurrent calls share
// one token request.
func (t *tokens) get(ctx context.Context, refused *oauth2.Token) (*oauth2.Token, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cached.Valid() && t.cached != refused { // Valid is false ten seconds before the expiry
		return t.cached, nil
	}
	token, err := t.oauth.Token(context.WithValue(ctx, oauth2.HTTPClient, t.client))
	if err != nil {
		return nil, withoutBody(err)
	}
	if t.dpop && !strings.EqualFold(token.Type(), "DPoP") {
		return nil, errors.New("the token endpoint issued a token that is not bound to the key: does the server support DPoP?")
	}
	t.cached = token
	left := "expiry unknown"
	if !token.Expiry.IsZero() {
		left = "valid for " + time.Until(token.Expiry).Round(time.Second).String()
	}
	fmt.Fprintf(t.out, "new token: %s\n", left)
	return token, nil
}

// withoutBody returns an error that is safe to print. It leaves out the body of
// the server's response, which an error of package oauth2 contains.
func withoutBody(err error) error {
	if refusal := (*oauth2.RetrieveError)(nil); errors.As(err, &refusal) {
		return fmt.Errorf("the token endpoint answered %d, error %q", refusal.Response.StatusCode, refusal.ErrorCode)
	}
	return err
}
