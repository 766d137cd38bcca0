package pages_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/bearerguard/bearerguard/testserver/internal/pages"
)

// site returns, for each page, a function that writes the page. Every string in
// the page's data has the value text.
func site(text string) map[string]func(http.ResponseWriter) {
	return filled(func() string { return text })
}

// filled returns, for each page, a function that writes the page. It calls next
// to get the value of each string in the data of the page.
func filled(next func() string) map[string]func(http.ResponseWriter) {
	form := func() pages.Form { return pages.Form{Action: next(), Request: next(), CSRF: next()} }
	two := func() []string { return []string{next(), next()} }
	people := func() []pages.User {
		return []pages.User{{Username: next(), Name: next(), Email: next()}, {Username: next()}}
	}
	fields := func() []pages.Field {
		return []pages.Field{{Name: next(), Value: next()}, {Name: next(), Value: next()}}
	}
	return map[string]func(http.ResponseWriter){
		"login": func(w http.ResponseWriter) {
			pages.Login(w, pages.LoginPage{Form: form(), ClientName: next(), LoginHint: next(), Users: people(), Error: next()})
		},
		"consent": func(w http.ResponseWriter) {
			pages.Consent(w, pages.ConsentPage{
				Form: form(), ClientName: next(), ClientID: next(), User: next(), ReturnTo: next(), UserCode: next(),
				Scopes:  []pages.ScopeBox{{Name: next(), Description: next(), Checked: true}, {Name: next(), Description: next()}},
				Details: two(), Claims: two(),
			})
		},
		"logout": func(w http.ResponseWriter) {
			pages.Logout(w, pages.LogoutPage{Form: form(), ClientID: next(), User: next(), ReturnTo: next()})
		},
		"device": func(w http.ResponseWriter) {
			pages.Device(w, pages.DevicePage{Form: form(), UserCode: next(), Error: next()})
		},
		"message": func(w http.ResponseWriter) {
			pages.Message(w, http.StatusBadRequest, pages.MessagePage{Title: next(), Text: next(), Code: next(), Facts: fields(), Help: next()})
		},
		"index": func(w http.ResponseWriter) {
			pages.Index(w, pages.IndexPage{Issuer: next(), Links: []pages.Link{{Name: next(), URL: next(), About: next()}}})
		},
		"form post": func(w http.ResponseWriter) {
			pages.FormPost(w, pages.FormPostPage{RedirectURI: next(), Fields: fields()})
		},
		"debug": func(w http.ResponseWriter) {
			defect := next()
			pages.Debug(w, pages.DebugPage{
				Form: form(), Issuer: next(), Defects: []string{defect, "other"}, Token: next(), Error: next(),
				Users: people(), Faults: []pages.DebugFault{{Endpoint: next(), Hits: 1}}, Filter: pages.Filter{Endpoint: defect, Client: next()},
				Endpoints: []string{defect, next()}, Links: []pages.Link{{Name: next(), URL: next()}},
				Clients: []pages.DebugClient{{ID: next(), RedirectURIs: two(), Grants: two(), Scopes: two()}},
				Keys:    []pages.DebugKey{{ID: next(), Alg: next(), Published: true, Signing: true}, {ID: next(), Alg: next()}},
				Requests: []pages.DebugRequest{{
					Time: time.Unix(0, 0), Method: next(), Endpoint: next(), ClientID: next(), Status: 400, Injected: true, Form: fields(),
				}},
				Mint: pages.MintForm{ClientID: next(), Subject: next(), Audience: next(), Scope: next(), ExpiresIn: next(), Defect: defect},
			})
		},
	}
}

// bare returns functions that write each page with empty data.
func bare() map[string]func(http.ResponseWriter) {
	return map[string]func(http.ResponseWriter){
		"login":     func(w http.ResponseWriter) { pages.Login(w, pages.LoginPage{}) },
		"consent":   func(w http.ResponseWriter) { pages.Consent(w, pages.ConsentPage{}) },
		"logout":    func(w http.ResponseWriter) { pages.Logout(w, pages.LogoutPage{}) },
		"device":    func(w http.ResponseWriter) { pages.Device(w, pages.DevicePage{}) },
		"message":   func(w http.ResponseWriter) { pages.Message(w, http.StatusOK, pages.MessagePage{}) },
		"index":     func(w http.ResponseWriter) { pages.Index(w, pages.IndexPage{}) },
		"form post": func(w http.ResponseWriter) { pages.FormPost(w, pages.FormPostPage{}) },
		"debug":     func(w http.ResponseWriter) { pages.Debug(w, pages.DebugPage{}) },
	}
}

func render(page func(http.ResponseWriter)) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	page(rec)
	return rec
}

// parsed returns the page as a browser parses it.
func parsed(t *testing.T, page func(http.ResponseWriter)) *html.Node {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(render(page).Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// all returns the elements with the given tag name, or every element if the tag
// name is "".
func all(n *html.Node, name string) (found []*html.Node) {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && (name == "" || d.Data == name) {
			found = append(found, d)
		}
	}
	return found
}

// one returns the only element with the given tag name.
func one(t *testing.T, n *html.Node, name string) *html.Node {
	t.Helper()
	found := all(n, name)
	if len(found) != 1 {
		t.Fatalf("got %d elements <%s>, want 1", len(found), name)
	}
	return found[0]
}

// attr returns the value of an attribute, and whether the element has that
// attribute.
func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// value returns the value of an attribute, or "" if the element does not have
// the attribute.
func value(n *html.Node, name string) string {
	v, _ := attr(n, name)
	return v
}

func textOf(n *html.Node) string {
	var text strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			text.WriteString(d.Data)
		}
	}
	return strings.TrimSpace(text.String())
}

// sent returns the form fields that a browser would submit when the user
// presses the given button. Each field is a name=value string. The fields are
// in page order.
func sent(form, button *html.Node) (fields []string) {
	for _, n := range all(form, "") {
		name, named := attr(n, "name")
		_, checked := attr(n, "checked")
		switch {
		case !named, n.Data == "button" && n != button:
		case n.Data == "input" && value(n, "type") == "checkbox" && !checked:
		case n.Data == "select":
			for _, option := range all(n, "option") {
				if _, selected := attr(option, "selected"); selected {
					fields = append(fields, fmt.Sprintf("%s=%s", name, value(option, "value")))
				}
			}
		default:
			fields = append(fields, fmt.Sprintf("%s=%s", name, value(n, "value")))
		}
	}
	return fields
}
