package dpop

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/bearerguard/bearerguard/internal/strictjson"
	"github.com/bearerguard/bearerguard/internal/weburl"
)

// Transport is an [http.RoundTripper] for clients. It adds a proof to each
// request, for the request's method, URL and token. The authorization server
// binds the tokens to the key of the Transport. Therefore use the same
// Transport for requests to the authorization server and for requests to APIs.
// With golang.org/x/oauth2:
//
//	ctx = context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: &dpop.Transport{}})
//	client := config.Client(ctx)
//
// The token of a request is in its Authorization field, under the scheme DPoP.
// The Transport adds no proof to a request with a token under the scheme
// Bearer.
//
// If a server responds that the proof needs a nonce (RFC 9449 §8, §9), the
// Transport sends the request once more, with the nonce. This is possible only
// if the request has no body or has GetBody, which [http.NewRequest] sets for
// bodies in memory. The Transport stores the newest nonce of each origin.
//
// After a redirect to another origin, the Transport sends neither a proof nor
// the bound token. The Transport detects redirects by [http.Request.Response],
// so a RoundTripper that wraps the Transport must not clear this field.
//
// The zero value is ready for use. A Transport is safe for concurrent use.
type Transport struct {
	// Key is the key of the client: an ECDSA key on P-256, P-384 or P-521, an
	// Ed25519 key, or an RSA key of at least 2048 bits. An RSA key signs with
	// PS256. nil means a new P-256 key, which lasts as long as the Transport.
	// Tokens are bound to the key, so a client that stores its tokens must
	// store the key, too.
	Key crypto.Signer

	// Base makes the requests; nil means [http.DefaultTransport].
	Base http.RoundTripper

	once   sync.Once
	signer *signer
	err    error

	mutex  sync.Mutex
	nonces map[string]string // the newest nonce of each origin
}

// Thumbprint returns the thumbprint of the key (RFC 7638 §3) in base64url, for
// the parameter dpop_jkt of an authorization request (RFC 9449 §10). It returns
// an error if Key cannot be used.
func (t *Transport) Thumbprint() (string, error) {
	s, err := t.prepare()
	if err != nil {
		return "", err
	}
	return s.thumbprint(), nil
}

func (t *Transport) prepare() (*signer, error) {
	t.once.Do(func() {
		key := t.Key
		if key == nil {
			if key, t.err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); t.err != nil {
				return
			}
		}
		t.signer, t.err = newSigner(key)
	})
	return t.signer, t.err
}

// RoundTrip implements [http.RoundTripper].
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	scheme, token := authorizationOf(r.Header)
	switch {
	case r.URL == nil || r.URL.Opaque != "":
		closeBody(r)
		return nil, errURL
	case strings.EqualFold(scheme, "Bearer"): // does not need a proof
		return t.base().RoundTrip(r)
	case leavesOrigin(r):
		if strings.EqualFold(scheme, "DPoP") {
			r = r.Clone(r.Context())
			r.Header.Del("Authorization")
		}
		return t.base().RoundTrip(r)
	case !strings.EqualFold(scheme, "DPoP"):
		token = "" // the field contains credentials for the authorization server, not a token
	}
	origin := r.URL.Scheme + "://" + hostOf(r)
	nonce := t.nonce(origin)
	response, err := t.send(r, token, nonce)
	if err != nil {
		return nil, err
	}
	fresh := t.keep(origin, response)
	if fresh == "" || fresh == nonce || !asksForNonce(response) || r.Body != nil && r.Body != http.NoBody && r.GetBody == nil {
		return response, nil
	}
	again := r.Clone(r.Context())
	if r.GetBody != nil {
		if again.Body, err = r.GetBody(); err != nil {
			return response, nil //nolint:nilerr // the request cannot be repeated, so the caller gets this response
		}
	}
	_ = response.Body.Close()
	if response, err = t.send(again, token, fresh); err != nil {
		return nil, err
	}
	t.keep(origin, response)
	return response, nil
}

func (t *Transport) base() http.RoundTripper {
	if t.Base != nil {
		return t.Base
	}
	return http.DefaultTransport //nolint:forbidigo // the caller limits a request with its context or http.Client
}

// send sends a copy of a request with a proof.
func (t *Transport) send(r *http.Request, token, nonce string) (*http.Response, error) {
	s, err := t.prepare()
	var proof string
	if err == nil {
		proof, err = s.prove(cmp.Or(r.Method, http.MethodGet), targetOf(r), token, nonce)
	}
	if err != nil {
		closeBody(r)
		return nil, err
	}
	proven := r.Clone(r.Context())
	if proven.Header == nil {
		proven.Header = make(http.Header)
	}
	proven.Header.Set("DPoP", proof)
	response, err := t.base().RoundTrip(proven)
	if response != nil && response.Request == nil {
		response.Request = r // leavesOrigin uses this field after a redirect
	}
	return response, err
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
}

// authorizationOf returns the scheme and the credentials in the Authorization
// field.
func authorizationOf(h http.Header) (scheme, credentials string) {
	field := strings.Trim(h.Get("Authorization"), " \t")
	if end := strings.IndexAny(field, " \t"); end >= 0 {
		return field[:end], strings.TrimLeft(field[end:], " \t")
	}
	return field, ""
}

// hostOf returns the host in the URL of a request as the server sees it.
func hostOf(r *http.Request) string { return cmp.Or(r.Host, r.URL.Host) }

// targetOf returns the URL of a request as the server sees it, without query
// and fragment.
func targetOf(r *http.Request) string {
	return r.URL.Scheme + "://" + hostOf(r) + cmp.Or(r.URL.EscapedPath(), "/")
}

// originOf returns the origin of a URL. The origin is in normal form, unless it
// cannot be parsed.
func originOf(u *url.URL) string {
	raw := u.Scheme + "://" + u.Host
	if origin, _, err := weburl.Normal(raw); err == nil {
		return origin
	}
	return raw
}

// leavesOrigin reports whether a redirect has led to another origin, even if a
// further redirect has led back.
func leavesOrigin(r *http.Request) bool {
	origin := originOf(r.URL)
	for r.Response != nil {
		if r = r.Response.Request; r == nil || originOf(r.URL) != origin {
			return true // an unknown earlier origin counts as another origin
		}
	}
	return false
}

// These limits protect the memory of a Transport, because servers choose the
// nonces that it stores.
const (
	maxOrigins = 1000
	maxNonce   = 1 << 10
)

func (t *Transport) nonce(origin string) string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.nonces[origin]
}

// keep stores the nonce from a response (RFC 9449 §8.2) and returns it.
func (t *Transport) keep(origin string, response *http.Response) string {
	nonce := response.Header.Get("DPoP-Nonce")
	if nonce == "" || len(nonce) > maxNonce {
		return ""
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.nonces == nil || len(t.nonces) >= maxOrigins {
		t.nonces = make(map[string]string) // each dropped nonce costs one more request
	}
	t.nonces[origin] = nonce
	return nonce
}

var errURL = errors.New("dpop: the URL of the request is missing or opaque: a proof needs a URL with scheme, host and path")

// maxRefusal is how much of a refusal is read, in bytes.
const maxRefusal = 64 << 10

// asksForNonce reports whether a response asks for a nonce. An API asks in a
// challenge (RFC 9449 §9), and an authorization server asks in JSON (§8). The
// body of the response can still be read.
func asksForNonce(response *http.Response) bool {
	const code = "use_dpop_nonce"
	if response.StatusCode != http.StatusBadRequest && response.StatusCode != http.StatusUnauthorized {
		return false
	}
	for _, challenge := range response.Header.Values("WWW-Authenticate") {
		if strings.Contains(challenge, code) {
			return true
		}
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxRefusal))
	response.Body = &replayed{io.MultiReader(bytes.NewReader(text), response.Body), response.Body}
	refusal, _ := strictjson.String(strictjson.Lookup(text, "/error"))
	return err == nil && refusal == code
}

// replayed is a response body whose beginning was already read. It can be read
// again from the beginning.
type replayed struct {
	io.Reader
	io.Closer
}

const transportName = "dpop.Transport"

// Format implements [fmt.Formatter]. It prints no key.
func (t *Transport) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, transportName) }

// LogValue implements [slog.LogValuer]. It logs no key.
func (t *Transport) LogValue() slog.Value { return slog.StringValue(transportName) }

// MarshalJSON implements [encoding/json.Marshaler], because some loggers encode
// values as JSON. It returns no key.
func (t *Transport) MarshalJSON() ([]byte, error) { return []byte(`"` + transportName + `"`), nil }
