package journal

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
)

// MaxForm is the maximum size of a request body or a query in bytes.
const MaxForm = 64 << 10

// FormType is the content type of a form.
const FormType = "application/x-www-form-urlencoded"

// IsForm reports whether r has the content type of a form.
func IsForm(r *http.Request) bool {
	types := r.Header.Values("Content-Type")
	if len(types) != 1 {
		return false
	}
	media, _, err := mime.ParseMediaType(types[0])
	return err == nil && media == FormType
}

// PeekForm returns the form in the body of r and restores the body. It returns
// nil if the body is not a form or is larger than MaxForm. If reading the body
// fails, the restored body returns the same error to the endpoint.
func PeekForm(r *http.Request) url.Values {
	if r.Body == nil || !IsForm(r) {
		return nil
	}
	body, _ := io.ReadAll(io.LimitReader(r.Body, MaxForm+1))
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), r.Body), r.Body}
	if len(body) > MaxForm {
		return nil
	}
	form, _ := url.ParseQuery(string(body))
	return form
}

// readForm returns the redacted form of r, and a request that the caller must
// use in place of r. It runs before any fault is applied, so the form is also
// recorded for requests that get a fault.
func readForm(r *http.Request) (url.Values, *http.Request) {
	if r.Method == http.MethodGet && r.URL.RawQuery != "" {
		query, _ := url.ParseQuery(r.URL.RawQuery)
		return redactedForm(query), r
	}
	r = r.WithContext(r.Context())
	form := PeekForm(r)
	if form == nil {
		return nil, r
	}
	return redactedForm(form), r
}

// parameters has an entry for each parameter name that is recorded unchanged.
// If the entry is true, the value is also recorded unchanged. All other names
// are replaced by fingerprints, because a body that is not really a form can
// have a token in the place of a name.
var parameters = map[string]bool{
	"client_id": true, "grant_type": true, "scope": true, "token_type_hint": true,
	"response_type": true, "response_mode": true, "code_challenge_method": true, "prompt": true, "max_age": true, "acr_values": true,
	"client_assertion": false, "client_assertion_type": false, "client_secret": false, "token": false,
	"subject_token_type": true, "actor_token_type": true, "requested_token_type": true,
	"subject_token": false, "actor_token": false, "audience": false, "assertion": false, "authorization_details": false,
	"access_token": false, "code": false, "code_challenge": false, "code_verifier": false, "device_code": false, "id_token_hint": false,
	"login_hint": false, "nonce": false, "post_logout_redirect_uri": false, "redirect_uri": false, "refresh_token": false,
	"request_uri": false, "resource": false, "state": false, "user_code": false, "username": false, "password": false,
	"claims": false, "dpop_jkt": false, "server_request": false, "server_csrf": false, "decision": false, "pick": false,
}

// redactedForm returns form with fingerprints instead of values that could be
// secrets. The limits of Redact for fields and values also apply here.
func redactedForm(form url.Values) url.Values {
	redacted := url.Values{}
	for name, values := range form {
		harmless, known := parameters[name]
		if !known {
			name = Fingerprint(name)
		}
		if len(redacted) == maxFields {
			break
		}
		for _, v := range slices.Clone(values[:min(len(values), maxValues)]) {
			if harmless {
				v = Short(v)
			} else {
				v = Fingerprint(v)
			}
			redacted[name] = append(redacted[name], v)
		}
	}
	return redacted
}
