package oauth

import (
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/bearerguard/bearerguard/testserver/internal/journal"
)

// readForm returns the parameters of a request, which are those of its body
// alone: what stands in a URL ends up in logs (RFC 6749 §2.3.1). Each of them is
// there once, but for those that are named.
func readForm(r *http.Request, repeatable ...string) (url.Values, *failure) {
	form, failed := readValues(r)
	if failed != nil {
		return nil, failed
	}
	return once(form, repeatable...)
}

// once is form if it has each parameter once, without those that are empty (RFC
// 6749 §3.1, §3.2).
func once(form url.Values, repeatable ...string) (url.Values, *failure) {
	for name, values := range form {
		if len(values) > 1 && !slices.Contains(repeatable, name) {
			return nil, invalidRequest("a parameter is there more than once")
		}
		if values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" }); len(values) == 0 {
			delete(form, name)
			continue
		}
		form[name] = values
	}
	return form, nil
}

// readValues returns the parameters as they are.
func readValues(r *http.Request) (url.Values, *failure) {
	if !journal.IsForm(r) {
		return nil, invalidRequest("the content type is not " + journal.FormType)
	}
	if r.Body == nil { // of a request that a program made, not a connection
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, journal.MaxForm+1))
	if len(body) > journal.MaxForm {
		return nil, &failure{status: http.StatusRequestEntityTooLarge, code: "invalid_request", description: "the body is too large"}
	}
	form, malformed := url.ParseQuery(string(body))
	if err != nil || malformed != nil {
		return nil, invalidRequest("the body is not a form")
	}
	return form, nil
}
