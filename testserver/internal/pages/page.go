package pages

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"sync"
)

// Form holds the values that every form of the server needs.
type Form struct {
	Action  string // the path that receives the form
	Request string // value of FieldRequest or ""; one line, because browsers change line breaks
	CSRF    string // value of FieldCSRF
}

var (
	//go:embed html
	files embed.FS

	//go:embed html/style.css
	style string

	//go:embed html/submit.js
	script string
)

// reach is the directive form-action in the Content Security Policy of a page.
// It restricts the targets of the page's forms. The package comment explains
// which pages have the directive.
type reach string

const (
	nowhere    reach = "; form-action 'none'"
	thisServer reach = "; form-action 'self'"
	anywhere   reach = ""
)

// site holds the templates of all pages.
type site struct {
	pages         map[string]*template.Template
	style, script string // Content Security Policy source expressions for the inline style and script
}

// load parses the templates only when the first page is written, because most
// tests need no pages.
var load = sync.OnceValue(func() site {
	s := site{pages: map[string]*template.Template{}, style: source(style), script: source(script)}
	layout := template.Must(template.New("layout.html").Funcs(template.FuncMap{"short": short, "whole": whole, "host": host}).ParseFS(files, "html/layout.html"))
	for _, name := range []string{"login", "consent", "logout", "device", "message", "formpost", "debug", "index"} {
		s.pages[name] = template.Must(template.Must(layout.Clone()).ParseFS(files, "html/"+name+".html"))
	}
	return s
})

// source returns the source expression with which a Content Security Policy
// allows the given inline text.
func source(inline string) string {
	sum := sha256.Sum256([]byte(inline))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// write renders the page with the given name and sends it. If rendering fails,
// write sends status 500 instead of a partial page.
func write(w http.ResponseWriter, status int, name string, forms reach, page any) {
	s := load()
	var body bytes.Buffer
	err := s.pages[name].Execute(&body, struct {
		Style  template.CSS
		Script template.JS
		Page   any
	}{template.CSS(style), template.JS(script), page}) //nolint:gosec // both are files of this package, not input
	if err != nil {
		http.Error(w, "the page cannot be shown", http.StatusInternalServerError)
		return
	}
	policy := "default-src 'none'; style-src " + s.style
	if name == "formpost" {
		policy += "; script-src " + s.script
	}
	h := w.Header()
	h.Set("Content-Security-Policy", policy+string(forms)+"; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Frame-Options", "DENY") // for browsers that do not support frame-ancestors
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the browser may be gone
}

// short shortens strings that clients choose. The limit is 120 characters.
func short(text string) string { return cut(text, 120) }

// whole cuts a URL after 400 characters. Most URLs are shorter.
func whole(text string) string { return cut(text, 400) }

// host returns the host of a URL, which is the part that users should check.
func host(text string) string {
	if u, err := url.Parse(text); err == nil && u.Host != "" {
		return short(u.Host)
	}
	return short(text)
}

func cut(text string, most int) string {
	n := 0
	for i := range text {
		if n++; n > most {
			return text[:i] + "…"
		}
	}
	return text
}
