package fetch

import (
	"errors"
	"net/http"
)

// classes maps the errors of this package to label values for metrics.
var classes = []struct {
	err  error
	name string
}{
	{ErrTimeout, "timeout"},
	{ErrCanceled, "canceled"},
	{ErrName, "name_resolution"},
	{ErrTLS, "tls"},
	{ErrUnreachable, "connection"},
	{ErrTruncated, "truncated"},
	{ErrTooLarge, "too_large"},
	{ErrRedirect, "redirect"},
	{ErrContentType, "content_type"},
	{ErrURL, "url"},
}

// Class classifies the failure of a request. The result is one of a fixed set
// of values, so it can be a metric label. If err is not an error of this
// package, Class returns "".
func Class(err error) string {
	if status, ok := errors.AsType[StatusError](err); ok {
		switch {
		case status.Status == http.StatusTooManyRequests:
			return "status_429"
		case status.Status >= 400 && status.Status <= 499:
			return "status_4xx"
		case status.Status >= 500 && status.Status <= 599:
			return "status_5xx"
		}
		return "status_other"
	}
	for _, c := range classes {
		if errors.Is(err, c.err) {
			return c.name
		}
	}
	return ""
}
