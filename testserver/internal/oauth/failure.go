package oauth

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/pages"
)

// failure is an error response (RFC 6749 §5.2). Its code never contains a part
// of the request. Its description contains at most one part: an unsupported
// algorithm in client metadata.
type failure struct {
	status            int
	code, description string
	challenge         bool // send WWW-Authenticate, because the credentials were in the Authorization field

	page pages.MessagePage // shown in browsers; may contain parts of the request
}

// explain sets the contents of the failure's page.
func (f *failure) explain(text, help string, facts ...pages.Field) *failure {
	f.page = pages.MessagePage{Text: text, Help: help, Facts: facts}
	return f
}

// show sends the failure's page to a browser that must not be redirected.
func (f *failure) show(w http.ResponseWriter) {
	p := f.page
	p.Title, p.Code = "This request cannot be answered", f.code
	if p.Text == "" {
		p.Text = "The request is invalid: " + f.description + "."
	}
	pages.Message(w, f.status, p)
}

// These are error codes of resource servers (RFC 6750 §3.1).
const (
	invalidToken      = "invalid_token"
	insufficientScope = "insufficient_scope"
)

func invalidRequest(description string) *failure { return refused("invalid_request", description) }

// invalidClient returns the failure for a client that could not be
// authenticated. If field is true, the credentials were in the Authorization
// field, and the response has a challenge (RFC 6749 §5.2).
func invalidClient(description string, field bool) *failure {
	return &failure{status: http.StatusUnauthorized, code: "invalid_client", description: description, challenge: field}
}

func refused(code, description string) *failure {
	return &failure{status: http.StatusBadRequest, code: code, description: description}
}

func foreignForm() *failure { return invalidRequest("the form was not made by this server") }

func noSuchLogin() *failure {
	return refused("login_required", "no registered user matches id_token_hint and the claims parameter")
}

func invalidProof(description string) *failure  { return refused("invalid_dpop_proof", description) } // RFC 9449 §5
func invalidGrant(description string) *failure  { return refused("invalid_grant", description) }
func invalidScope(description string) *failure  { return refused("invalid_scope", description) }
func invalidTarget(description string) *failure { return refused("invalid_target", description) }

// serverError returns the failure for a token that could not be signed. The
// cause may be a signer that a test has supplied.
func serverError() *failure {
	return &failure{status: http.StatusInternalServerError, code: "server_error", description: "the token could not be signed"}
}

func (f *failure) send(w http.ResponseWriter) {
	if f.challenge {
		w.Header().Set("WWW-Authenticate", basicChallenge)
	}
	body, _ := json.Marshal(struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}{f.code, f.description})
	sendText(w, f.status, "application/json", body)
}

// readForm returns the parameters in the body of a request. Parameters in the
// URL are ignored, since URLs end up in logs (RFC 6749 §2.3.1). Only the
// parameters in repeatable may be repeated.
func readForm(r *http.Request, repeatable ...string) (url.Values, *failure) {
	form, failed := readValues(r)
	if failed != nil {
		return nil, failed
	}
	return singleValued(form, repeatable...)
}

// singleValued removes empty parameters from form and returns form. It refuses
// a repeated parameter unless repeatable contains its name (RFC 6749 §3.1,
// §3.2).
func singleValued(form url.Values, repeatable ...string) (url.Values, *failure) {
	for name, values := range form {
		if len(values) > 1 && !slices.Contains(repeatable, name) {
			return nil, invalidRequest("a parameter is repeated")
		}
		if values = slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" }); len(values) == 0 {
			delete(form, name)
			continue
		}
		form[name] = values
	}
	return form, nil
}

// readValues returns the parameters in the body of a request without checking
// them.
func readValues(r *http.Request) (url.Values, *failure) {
	if !journal.IsForm(r) {
		return nil, invalidRequest("the content type is not " + journal.FormType)
	}
	if r.Body == nil { // r was created in Go, not read from a connection
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
