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

// page is what a page can show. Of the session its name and the CSRF token of its form are used.
type page struct {
	Title, Text string
	Claims      []claim
	Items       []string
	Session     *session // nil for people who are not logged in
}

func (a *app) show(w http.ResponseWriter, status int, p page) {
	var body bytes.Buffer
	if err := pageTemplate.Execute(&body, p); err != nil {
		a.log.Error("a page cannot be made", "err", err)
		http.Error(w, "This page cannot be made.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = body.WriteTo(w) // a browser that has gone cannot be told more
}

// fail is for faults of this program's own.
func (a *app) fail(w http.ResponseWriter, what string, err error) {
	a.log.Error("failed", "what", what, "err", err)
	a.show(w, http.StatusInternalServerError, page{Title: "Something went wrong here", Text: "Please try again later."})
}

func stylesheet(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "max-age=3600")
	_, _ = w.Write(styleText)
}

// reason is an error for the log. That of oauth2 has the whole answer of the server in its text, and so perhaps a token.
func reason(err error) string {
	if refusal := (*oauth2.RetrieveError)(nil); errors.As(err, &refusal) {
		return fmt.Sprintf("the token endpoint answered %d, %s", refusal.Response.StatusCode, known(refusal.ErrorCode))
	}
	return err.Error()
}
