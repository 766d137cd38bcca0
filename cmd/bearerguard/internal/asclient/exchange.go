package asclient

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

const (
	requestTimeout = 30 * time.Second // timeout of one request
	maxAnswer      = 1 << 20          // size limit of an answer, in bytes
)

// HTTPClient returns an HTTP client with a timeout. It does not follow
// redirects, because a redirect could send a secret to another server. If ctx
// contains a client under the key [oauth2.HTTPClient], the new client uses the
// transport of that client. Otherwise, it uses the default transport.
func HTTPClient(ctx context.Context) *http.Client {
	c := &http.Client{Timeout: requestTimeout}
	if given, ok := ctx.Value(oauth2.HTTPClient).(*http.Client); ok {
		c.Transport = given.Transport
	}
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}

// post sends a form and authenticates the client in the given style.
func (c *Client) post(ctx context.Context, doing, at string, form url.Values, style oauth2.AuthStyle) (map[string]any, error) {
	if style == oauth2.AuthStyleInParams {
		form.Set("client_id", c.id)
		if c.secret != "" {
			form.Set("client_secret", c.secret)
		}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, at, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, &Error{Metadata, doing, err}
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if style == oauth2.AuthStyleInHeader {
		r.SetBasicAuth(url.QueryEscape(c.id), url.QueryEscape(c.secret)) // RFC 6749 §2.3.1
	}
	return c.exchange(doing, r)
}

// challengeCode matches the error code in a Bearer challenge (RFC 6750 §3).
var challengeCode = regexp.MustCompile(`(?i)\berror="?([^",]*)`)

// exchange sends a request and returns the JSON object in the answer. If the
// body of the answer is empty, as RFC 7009 §2.2 allows, exchange returns nil.
func (c *Client) exchange(doing string, r *http.Request) (map[string]any, error) {
	r.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, &Error{Unreachable, doing, err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, &Error{Unreachable, doing, err}
	}
	var answer map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	unreadable := d.Decode(&answer)
	if resp.StatusCode != http.StatusOK {
		code, _ := answer["error"].(string)
		description, _ := answer["error_description"].(string)
		if m := challengeCode.FindStringSubmatch(resp.Header.Get("WWW-Authenticate")); m != nil {
			code = cmp.Or(code, m[1])
		}
		return nil, c.refused(doing, RefusalError{resp.StatusCode, code, description})
	}
	media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if media == "application/jwt" {
		return c.signedAnswer(r.Context(), doing, string(body))
	}
	if media != "" && media != "application/json" && len(body) > 0 {
		unreadable = errors.Join(unreadable, errors.New("not JSON"))
	}
	if unreadable != nil && len(body) > 0 {
		return nil, &Error{InvalidAnswer, doing, errors.New("the answer of the authorization server is not a JSON object")}
	}
	return answer, nil
}
