package main

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"net/http"

	"golang.org/x/oauth2"
)

var (
	//go:embed page.html
	pageText string

	//go:embed style.css
	styleText []byte

	pageTemplate = template.Must(template.New("page").Parse(pageText))
)

// page is the data of the template, which uses only the CSRF token in Session.
type page struct {
	Title, Text string
	Claims      []claim
	Items       []string
	Session     *session // nil if the user is not logged in
}

func (a *app) show(w http.ResponseWriter, status int, p page) {
	var body bytes.Buffer
	if err := pageTemplate.Execute(&body, p); err != nil {
		a.log.Error("a page cannot be rendered", "err", err)
		http.Error(w, "This page cannot be displayed.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = body.WriteTo(w) // the status is already sent, so an error cannot be reported
}

// fail logs an internal error and answers with 500.
func (a *app) fail(w http.ResponseWriter, what string, err error) {
	a.log.Error("failed", "what", what, "err", err)
	a.show(w, http.StatusInternalServerError, page{Title: "Something went wrong here", Text: "Please try again later."})
}

func stylesheet(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "max-age=3600")
	_, _ = w.Write(styleText)
}

// reason returns the text of err for the log. For an error of oauth2 it returns
// only the status and the error code. The text of the error would contain the
// whole response of the server, and the response may contain a token.
func reason(err error) string {
	if refusal := (*oauth2.RetrieveError)(nil); errors.As(err, &refusal) {
		return fmt.Sprintf("the token endpoint answered %d, %s", refusal.Response.StatusCode, knownCode(refusal.ErrorCode))
	}
	return err.Error()
}
