// Package metadata fetches the metadata of an authorization server (OpenID
// Connect Discovery 1.0 §4, RFC 8414 §3). The metadata contains the endpoints
// of the server.
package metadata

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/bearerguard/bearerguard/internal/fetch"
	"github.com/bearerguard/bearerguard/internal/strictjson"
)

// The reasons why a metadata document is refused.
var (
	ErrDocument = errors.New("metadata is not strict JSON, or its issuer or jwks_uri is not a string")
	ErrAbsent   = errors.New("answer is not metadata: it is not a JSON object or lacks issuer (check the issuer URL)")
	ErrIssuer   = errors.New("metadata names another issuer (compared byte for byte: check for a slash at the end)")
	ErrEndpoint = errors.New("jwks_uri in the metadata is not an acceptable https URL")
)

// Document contains the metadata members that most callers use. For other
// members, use [Fetch]. Absent members are "". The introspection or UserInfo
// endpoint is also "" if its URL is not acceptable.
type Document struct {
	JWKSURI               string
	IntrospectionEndpoint string
	UserInfoEndpoint      string
}

// Discover fetches and reads the metadata of an issuer. If insecure is true,
// http is allowed.
func Discover(ctx context.Context, client *http.Client, issuer string, insecure bool) (Document, error) {
	doc, _, err := Fetch(ctx, client, issuer, insecure)
	return doc, err
}

// At does the same as [Discover], but fetches the metadata from the given URL.
func At(ctx context.Context, client *http.Client, location, issuer string, insecure bool) (Document, error) {
	doc, _, err := first(ctx, client, []string{location}, issuer, insecure)
	return doc, err
}

// Fetch is like Discover, but also returns the bytes of the document, for
// callers that need other members. Fetch tries the well-known locations in
// order. It tries the next location only if the answer shows that the metadata
// is missing at the current location. An error of a server that is down
// therefore ends the search. If the metadata is missing at every location,
// Fetch returns the last error that is not a [fetch.StatusError]. If all errors
// are StatusErrors, it returns the first of them.
func Fetch(ctx context.Context, client *http.Client, issuer string, insecure bool) (Document, []byte, error) {
	return first(ctx, client, locations(issuer), issuer, insecure)
}

func first(ctx context.Context, client *http.Client, locations []string, issuer string, insecure bool) (Document, []byte, error) {
	var last error
	for _, location := range locations {
		var doc Document
		answer, err := fetch.Get(ctx, client, location, "")
		if err == nil {
			doc, err = parse(answer.Body, issuer, isHTTPS(location), insecure)
		}
		switch {
		case err == nil:
			return doc, answer.Body, nil
		case !isAbsent(err):
			return Document{}, nil, err
		}
		if _, isStatus := errors.AsType[fetch.StatusError](err); last == nil || !isStatus {
			last = err
		}
	}
	return Document{}, nil, last
}

// isAbsent reports whether an error shows that the metadata is missing at a
// location. Not all servers answer 404 in this case: many answer 200 with a web
// page or other JSON, or redirect to a web page. Metadata that is invalid or
// has a different issuer is wrong, not missing. If a server fails or is busy,
// its answer does not show whether the metadata is missing.
func isAbsent(err error) bool {
	refused, ok := errors.AsType[fetch.StatusError](err)
	if !ok {
		return errors.Is(err, fetch.ErrContentType) || errors.Is(err, fetch.ErrRedirect) || errors.Is(err, ErrAbsent)
	}
	switch refused.Status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return refused.Status < http.StatusInternalServerError
}

// locations returns the URLs at which metadata may be published, in the order
// in which they are tried. The first URL appends the OpenID Connect name to the
// issuer. If the issuer has a path, the second URL inserts the RFC 8414 name
// before this path. The last URL appends the RFC 8414 name to the issuer, as
// many servers do.
func locations(issuer string) []string {
	const oidc, oauth = "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"
	base := strings.TrimSuffix(issuer, "/")
	list := []string{base + oidc}
	if u, err := url.Parse(base); err == nil && u.Path != "" {
		origin := u.Scheme + "://" + u.Host
		list = append(list, origin+oauth+u.EscapedPath())
	}
	return append(list, base+oauth)
}

// Parse reads a metadata document. The issuer in the document must equal the
// expected issuer byte for byte (RFC 8414 §3.3).
func Parse(data []byte, issuer string, insecure bool) (Document, error) {
	return parse(data, issuer, isHTTPS(issuer), insecure)
}

func parse(data []byte, issuer string, secure, insecure bool) (Document, error) {
	if strictjson.Value(data).Kind() != '{' {
		return Document{}, ErrAbsent
	}
	var (
		doc       Document
		found     string
		hasIssuer bool
	)
	err := strictjson.Object(data, func(name string, value strictjson.Value) error {
		if value.IsNull() {
			return nil // null is treated as absent
		}
		ok := true
		switch name {
		case "issuer":
			found, ok = strictjson.String(value)
			hasIssuer = true
		case "jwks_uri":
			doc.JWKSURI, ok = strictjson.String(value)
		case "introspection_endpoint":
			doc.IntrospectionEndpoint, _ = strictjson.String(value)
		case "userinfo_endpoint":
			doc.UserInfoEndpoint, _ = strictjson.String(value)
		}
		if !ok {
			return ErrDocument
		}
		return nil
	})
	switch {
	case err != nil:
		return Document{}, ErrDocument
	case !hasIssuer:
		return Document{}, ErrAbsent
	case found != issuer:
		return Document{}, ErrIssuer
	}
	if doc.JWKSURI != "" && !acceptable(doc.JWKSURI, secure, insecure) {
		return Document{}, ErrEndpoint
	}
	for _, endpoint := range []*string{&doc.IntrospectionEndpoint, &doc.UserInfoEndpoint} {
		if !acceptable(*endpoint, secure, insecure) {
			*endpoint = "" // not an error, because many callers do not need this endpoint
		}
	}
	return doc, nil
}

// acceptable reports whether an endpoint may be used. If secure is true, the
// metadata was fetched over https. Then the endpoint must also use https, even
// on a loopback address. If insecure is true, http is always allowed.
func acceptable(endpoint string, secure, insecure bool) bool {
	if secure && !insecure && !isHTTPS(endpoint) {
		return false
	}
	return fetch.CheckURL(endpoint, insecure) == nil
}

func isHTTPS(address string) bool {
	scheme, _, _ := strings.Cut(address, ":")
	return strings.EqualFold(scheme, "https")
}
