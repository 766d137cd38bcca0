package control

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// Operation is an operation of the API whose answer is not parsed.
type Operation struct {
	method, path string
	body         any // nil for a request without a body
}

// Do sends the request and returns the body of the answer. The error is an
// [*Error].
func (o Operation) Do(ctx context.Context, c *Client) (text []byte, err error) {
	return c.Call(ctx, o.method, o.path, o.body, nil)
}

// TypedOperation is an operation of the API whose answer is parsed into a T.
type TypedOperation[T any] struct{ operation Operation }

// Do sends the request and returns the parsed answer and its body. The error is
// an [*Error].
func (o TypedOperation[T]) Do(ctx context.Context, c *Client) (answer T, text []byte, err error) {
	text, err = c.Call(ctx, o.operation.method, o.operation.path, o.operation.body, &answer)
	return answer, text, err
}

func get[T any](path string) TypedOperation[T] {
	return TypedOperation[T]{Operation{http.MethodGet, path, nil}}
}

func post[T any](path string, body any) TypedOperation[T] {
	return TypedOperation[T]{Operation{http.MethodPost, path, body}}
}

// element escapes an ID for use as an element of a path. It also escapes the
// IDs "." and "..", which would change the path.
func element(id string) string {
	if id == "." || id == ".." {
		return strings.ReplaceAll(id, ".", "%2E")
	}
	return url.PathEscape(id)
}
