package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// tokens keeps the one token of the service. TokenSource of clientcredentials would do, could it be told that an API has
// refused its token.
type tokens struct {
	oauth  clientcredentials.Config
	client *http.Client
	out    io.Writer

	mu  sync.Mutex
	now *oauth2.Token
}

// get returns a token that is good for a while and is not refused, "" if none was. Who comes while another one fetches
// waits for that token.
func (t *tokens) get(ctx context.Context, refused string) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now.Valid() && t.now.AccessToken != refused { // Valid has ten seconds to spare
		return t.now.AccessToken, nil
	}
	token, err := t.oauth.Token(context.WithValue(ctx, oauth2.HTTPClient, t.client))
	if err != nil {
		return "", withoutBody(err)
	}
	t.now = token
	left := "it does not say for how long"
	if !token.Expiry.IsZero() {
		left = "good for " + time.Until(token.Expiry).Round(time.Second).String()
	}
	fmt.Fprintf(t.out, "new token: %s\n", left)
	return token.AccessToken, nil
}

// withoutBody is err as it may be printed: that of oauth2 has the whole answer of the server in its text.
func withoutBody(err error) error {
	if refusal := (*oauth2.RetrieveError)(nil); errors.As(err, &refusal) {
		return fmt.Errorf("the token endpoint answered %d, error %q", refusal.Response.StatusCode, refusal.ErrorCode)
	}
	return err
}
