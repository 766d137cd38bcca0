package httpauth

import (
	"net/http"

	"github.com/bearerguard/bearerguard/middleware"
)

// Answer refuses the request that a handler is processing. Pass it the error
// that [middleware.Verifier.Check] returned. If err is nil or does not wrap a
// *middleware.Error, the status is 500. Answer writes the status, the challenge
// and the body, as Require does.
func Answer(w http.ResponseWriter, r *http.Request, err error) { Guard{}.Answer(w, r, err) }

// Answer does the same as the function [Answer], but uses g.ErrorBody.
func (g Guard) Answer(w http.ResponseWriter, r *http.Request, err error) {
	e := middleware.Refusal(err)
	e.SetHeader(w.Header())
	g.refuse(w, r, e)
}

func (g Guard) refuse(w http.ResponseWriter, r *http.Request, e *middleware.Error) {
	status, contentType := e.StatusCode(), "application/json"
	body, _ := e.MarshalJSON() // cannot fail, because the body consists of two strings
	if g.ErrorBody != nil {
		contentType, body = g.ErrorBody(r, e)
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
