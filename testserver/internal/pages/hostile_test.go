package pages_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/bearerguard/bearerguard/testserver/internal/pages"
)

// varying are the attributes whose values come from the data of a page.
var varying = []string{"value", "name", "action", "href"}

// skeleton returns the elements, attributes and comments of a page. It leaves
// out texts, and the values of the varying attributes.
func skeleton(doc *html.Node) (lines []string) {
	var walk func(n *html.Node, depth int)
	walk = func(n *html.Node, depth int) {
		if n.Type == html.CommentNode {
			lines = append(lines, "comment "+n.Data)
		}
		if n.Type == html.ElementNode {
			line := fmt.Sprintf("%d %s", depth, n.Data)
			for _, a := range n.Attr {
				line += " " + a.Key
				if !slices.Contains(varying, a.Key) {
					line += "=" + a.Val
				}
			}
			lines = append(lines, line)
		}
		for c := range n.ChildNodes() {
			walk(c, depth+1)
		}
	}
	walk(doc, 0)
	return lines
}

func TestNoTextChangesAPage(t *testing.T) {
	tests := map[string]string{
		"an element":                         `<b>bold</b><input name=decision value=allow>`,
		"the end of an attribute":            `"><img src=x onerror=alert(1)>`,
		"the end of an attribute, otherwise": `' autofocus onfocus='alert(1)`,
		"the end of a script":                `</script><script>alert(1)</script>`,
		"the end of the style":               `</style><script>alert(1)</script>`,
		"the end of the title":               `</title></head><body onload=alert(1)>`,
		"the end of a textarea":              `</textarea></form><form action=//evil.example>`,
		"the end of a select":                `</option></select></datalist><iframe src=//evil.example>`,
		"the end of a comment":               `--><script>alert(1)</script><!--`,
		"a script's address":                 `javascript:alert(1)`,
		"a script's address, disguised":      "\x01 jAvA\tscript:alert(1)",
		"a document's address":               `data:text/html,<script>alert(1)</script>`,
		"an app's address":                   `com.example.app:/callback`,
		"a template":                         `{{.Page}}{{template "main"}}`,
		"a template of JavaScript":           "${alert(1)}`",
		"right to left":                      "\u202egnp.exe\u2066אבג",
		"a reference":                        `&lt;script&gt;&quot;&#x22;&amp;`,
		"control characters":                 "a\x00b\x08c\x7fd\r\ne",
		"no UTF-8":                           "a\xffb\xc0\x80c",
		"ten kilobytes":                      strings.Repeat("0123456789", 1000),
		"ten kilobytes of quotes":            strings.Repeat(`"'<>`, 2500),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			plain := site("text")
			for page, write := range site(text) {
				doc := parsed(t, write)
				if got, want := skeleton(doc), skeleton(parsed(t, plain[page])); !slices.Equal(got, want) {
					t.Errorf("%s: got\n%s\nwant\n%s", page, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
				for _, n := range slices.Concat(all(doc, "form"), all(doc, "a")) {
					to := value(n, "action") + value(n, "href")
					u, err := url.Parse(to)
					if err != nil || (u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https") {
						t.Errorf("%s: got a <%s> to %q, want none that leads there", page, n.Data, to)
					}
				}
			}
		})
	}
}

func TestEveryTextIsOnItsPageAsItIs(t *testing.T) {
	for page := range site("") {
		var given []string
		doc := parsed(t, filled(func() string {
			given = append(given, fmt.Sprintf(`%d. <"O'Neil"> & Söhne </textarea> {{.}} \u003c`, len(given)))
			return given[len(given)-1]
		})[page])
		var shown []string
		for d := range doc.Descendants() {
			if d.Type == html.TextNode {
				shown = append(shown, d.Data)
			}
			for _, a := range d.Attr {
				address, _ := url.PathUnescape(a.Val)
				shown = append(shown, a.Val, address)
			}
		}
		all := strings.Join(shown, "\n")
		for _, text := range given {
			if !strings.Contains(all, text) {
				t.Errorf("%s: got no %q", page, text)
			}
		}
	}
}

func TestALongNameLeavesRoomForTheButtons(t *testing.T) {
	long := strings.Repeat("ä", 10_000)
	tests := map[string]func(http.ResponseWriter){
		"sign in": func(w http.ResponseWriter) {
			pages.Login(w, pages.LoginPage{ClientName: long, LoginHint: long, Users: []pages.User{{Username: long, Name: long, Email: long}}})
		},
		"consent": func(w http.ResponseWriter) {
			pages.Consent(w, pages.ConsentPage{
				ClientName: long, ClientID: long, User: long, ReturnTo: long, Scopes: []pages.ScopeBox{{Name: long, Description: long}},
			})
		},
		"consent to a client without a name": func(w http.ResponseWriter) { pages.Consent(w, pages.ConsentPage{ClientID: long}) },
		"logout": func(w http.ResponseWriter) {
			pages.Logout(w, pages.LogoutPage{ClientID: long, User: long, ReturnTo: long})
		},
		"message": func(w http.ResponseWriter) {
			pages.Message(w, http.StatusBadRequest, pages.MessagePage{Title: long, Code: long})
		},
	}
	for name, write := range tests {
		text := textOf(one(t, parsed(t, write), "main"))
		if got := strings.Count(text, "ä"); got == 0 || got > 10*120 {
			t.Errorf("%s: got %d letters of names, want some and at most %d", name, got, 10*120)
		}
		if !strings.Contains(text, "ä…") {
			t.Errorf("%s: got %q, want it to say that names are cut", name, text)
		}
	}
}

func TestNamesOfStrangersAreSetApart(t *testing.T) {
	const text = "\u202egnp.exe"
	for page, write := range site(text) {
		for d := range parsed(t, write).Descendants() {
			if d.Type != html.TextNode || !strings.Contains(d.Data, text) {
				continue
			}
			apart := false
			for a := range d.Ancestors() {
				apart = apart || a.Data == "bdi" || a.Data == "textarea" || a.Data == "option"
			}
			if !apart {
				t.Errorf("%s: got %q in <%s>, want it within <bdi>", page, d.Data, d.Parent.Data)
			}
		}
	}
}
