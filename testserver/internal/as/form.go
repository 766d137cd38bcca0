package as

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
)

// maxForm bounds the body of a request. It is stated in the documentation of
// package testserver.
const maxForm = 64 << 10

const formType = "application/x-www-form-urlencoded"

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
	if !isForm(r) {
		return nil, invalidRequest("the content type is not " + formType)
	}
	if r.Body == nil { // of a request that a program made, not a connection
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
	if len(body) > maxForm {
		return nil, &failure{status: http.StatusRequestEntityTooLarge, code: "invalid_request", description: "the body is too large"}
	}
	form, malformed := url.ParseQuery(string(body))
	if err != nil || malformed != nil {
		return nil, invalidRequest("the body is not a form")
	}
	return form, nil
}

func isForm(r *http.Request) bool {
	types := r.Header.Values("Content-Type")
	if len(types) != 1 {
		return false
	}
	media, _, err := mime.ParseMediaType(types[0])
	return err == nil && media == formType
}

// peek returns the form for the record, and r with its body put together again.
// It is read before a fault comes into play: what was sent is as interesting
// then.
func peek(r *http.Request) (url.Values, *http.Request) {
	if r.Method == http.MethodGet && r.URL.RawQuery != "" {
		query, _ := url.ParseQuery(r.URL.RawQuery)
		return redactedForm(query), r
	}
	if r.Body == nil || !isForm(r) {
		return nil, r
	}
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxForm+1)) // what failed fails again for the endpoint
	read := r.WithContext(r.Context())
	read.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), r.Body), r.Body}
	if len(body) > maxForm {
		return nil, read
	}
	form, _ := url.ParseQuery(string(body))
	return redactedForm(form), read
}

// parameters are the names that are kept as they came: in a body that is no
// form, a token can be the name. Those with true keep their value too.
var parameters = map[string]bool{
	"client_id": true, "grant_type": true, "scope": true, "token_type_hint": true,
	"response_type": true, "response_mode": true, "code_challenge_method": true, "prompt": true, "max_age": true,
	"client_assertion": false, "client_assertion_type": false, "client_secret": false, "token": false,
	"subject_token_type": true, "actor_token_type": true, "requested_token_type": true,
	"subject_token": false, "actor_token": false, "audience": false, "assertion": false, detailsParameter: false, "access_token": false, "code": false, "code_challenge": false, "code_verifier": false, "device_code": false, "id_token_hint": false,
	"login_hint": false, "nonce": false, "post_logout_redirect_uri": false, "redirect_uri": false, "refresh_token": false,
	"request_uri": false, "resource": false, "state": false, "user_code": false, "username": false, "password": false,
	"server_request": false, "server_csrf": false, "decision": false, "pick": false,
}

// redactedForm is form with a fingerprint in place of what could be worth
// something, within the bounds of a header.
func redactedForm(form url.Values) url.Values {
	kept := url.Values{}
	for name, values := range form {
		harmless, known := parameters[name]
		if !known {
			name = Fingerprint(name)
		}
		if len(kept) == maxFields {
			break
		}
		for _, v := range slices.Clone(values[:min(len(values), maxValues)]) {
			if harmless {
				v = short(v)
			} else {
				v = Fingerprint(v)
			}
			kept[name] = append(kept[name], v)
		}
	}
	return kept
}
