package pages_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/bearerguard/bearerguard/testserver/internal/pages"
)

func TestFormsSendTheseFields(t *testing.T) {
	form := pages.Form{Action: "/as/authorize", Request: "scope=a&decision=allow", CSRF: "token"}
	carried := []string{pages.FieldRequest + "=scope=a&decision=allow", pages.FieldCSRF + "=token"}
	login := func(w http.ResponseWriter) {
		pages.Login(w, pages.LoginPage{Form: form, LoginHint: "ann", Users: []pages.User{{Username: "ann"}, {Username: "bob", Name: "Bob", Email: "bob@example.com"}}})
	}
	consent := func(w http.ResponseWriter) {
		pages.Consent(w, pages.ConsentPage{Form: form, ClientID: "web", User: "ann", Scopes: []pages.ScopeBox{{Name: "a", Checked: true}, {Name: "b"}, {Name: "c", Checked: true}}})
	}
	logout := func(w http.ResponseWriter) { pages.Logout(w, pages.LogoutPage{Form: form, User: "ann"}) }
	device := func(w http.ResponseWriter) { pages.Device(w, pages.DevicePage{Form: form, UserCode: "WDJB-MJHT"}) }
	debug := func(w http.ResponseWriter) {
		pages.Debug(w, pages.DebugPage{
			Form: form, Defects: []string{"expired", "alg-none"},
			Mint: pages.MintForm{ClientID: "web", Subject: "ann", Audience: "api", Scope: "a b", ExpiresIn: "5m", Defect: "alg-none"},
		})
	}
	tests := []struct {
		name  string
		page  func(http.ResponseWriter)
		press string // the text of the button
		want  []string
	}{
		{"sign in with a password", login, "Sign in", []string{pages.FieldUsername + "=ann", pages.FieldPassword + "="}},
		{"sign in by a click", login, "ann", []string{pages.FieldPick + "=ann"}},
		{"sign in by a click on a name", login, "Bob", []string{pages.FieldPick + "=bob"}},
		{"allow what is checked", consent, "Allow", []string{
			pages.FieldScope + "=a", pages.FieldScope + "=c", pages.FieldDecision + "=" + pages.DecisionAllow,
		}},
		{"deny", consent, "Deny", []string{
			pages.FieldScope + "=a", pages.FieldScope + "=c", pages.FieldDecision + "=" + pages.DecisionDeny,
		}},
		{"sign out", logout, "Sign out", []string{pages.FieldDecision + "=" + pages.DecisionAllow}},
		{"stay", logout, "Stay signed in", []string{pages.FieldDecision + "=" + pages.DecisionDeny}},
		{"connect a device", device, "Continue", []string{pages.FieldUserCode + "=WDJB-MJHT"}},
		{"rotate", debug, "Rotate", []string{pages.FieldDo + "=" + pages.DoRotate}},
		{"mint", debug, "Mint", []string{
			pages.FieldClient + "=web", pages.FieldSubject + "=ann", pages.FieldAudience + "=api", pages.FieldScope + "=a b",
			pages.FieldExpires + "=5m", pages.FieldDefect + "=alg-none", pages.FieldDo + "=" + pages.DoMint,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			button, form := pressed(t, parsed(t, tt.page), tt.press)
			if got, want := sent(form, button), slices.Concat(carried, tt.want); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
			if action, method := value(form, "action"), value(form, "method"); action != "/as/authorize" || method != "post" {
				t.Errorf("got a form by %q to %q, want post to /as/authorize", method, action)
			}
		})
	}
}

// pressed finds a button by its text, and returns it with its form.
func pressed(t *testing.T, doc *html.Node, text string) (button, form *html.Node) {
	t.Helper()
	for _, b := range all(doc, "button") {
		if first, _, _ := strings.Cut(textOf(b), "\n"); first != text {
			continue
		}
		for a := range b.Ancestors() {
			if a.Data == "form" {
				return b, a
			}
		}
	}
	t.Fatalf("got no button %q within a form", text)
	return nil, nil
}

func TestAFormPostIsTheResponseAndNothingElse(t *testing.T) {
	doc := parsed(t, func(w http.ResponseWriter) {
		pages.FormPost(w, pages.FormPostPage{
			RedirectURI: "https://app.example/cb?tenant=1&x=%2F",
			Fields:      []pages.Field{{Name: "code", Value: "c"}, {Name: "state", Value: `"s"`}, {Name: "iss", Value: "https://as.example"}},
		})
	})
	button, form := pressed(t, doc, "Continue")
	if got, want := sent(form, button), []string{"code=c", `state="s"`, "iss=https://as.example"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := value(form, "action"), "https://app.example/cb?tenant=1&x=%2F"; got != want {
		t.Errorf("got a form to %q, want %q", got, want)
	}
}

func TestEnterGrantsNothing(t *testing.T) {
	// When the user presses Enter in a field of a form, browsers activate the
	// form's first button.
	for _, page := range []string{"consent", "logout"} {
		first := all(one(t, parsed(t, site("text")[page]), "form"), "button")[0]
		if got := value(first, "value"); got != pages.DecisionDeny {
			t.Errorf("%s: got a first button with the value %q, want %q", page, got, pages.DecisionDeny)
		}
	}
}

func TestPagesAreForEverybody(t *testing.T) {
	for kind, site := range map[string]map[string]func(http.ResponseWriter){"full": site("text"), "bare": bare()} {
		for page, write := range site {
			t.Run(kind+" "+page, func(t *testing.T) {
				body := render(write).Body.String()
				doc := parsed(t, write)
				if !strings.HasPrefix(body, "<!doctype html>\n") {
					t.Errorf("got %.20q, want the doctype first", body)
				}
				if got := value(one(t, doc, "html"), "lang"); got != "en" {
					t.Errorf("got the language %q, want en", got)
				}
				if got := textOf(one(t, doc, "title")); !strings.HasSuffix(got, " – test authorization server") || strings.HasPrefix(got, " ") {
					t.Errorf("got the title %q, want one that names page and server", got)
				}
				if got := strings.HasPrefix(textOf(one(t, doc, "title")), "Error"); got != (kind == "full" && slices.Contains([]string{"login", "device", "message", "debug"}, page)) {
					t.Errorf("got a title that begins with Error %v", got)
				}
				if got, want := textOf(all(one(t, doc, "body"), "p")[0]), "Test server: never use real passwords."; got != want {
					t.Errorf("got the banner %q, want %q", got, want)
				}
				one(t, doc, "h1")
				one(t, doc, "main")
				checkScripts(t, doc, page)
				checkLabels(t, doc)
			})
		}
	}
}

// checkScripts reports elements and attributes with which a page could run a
// script or load a file.
func checkScripts(t *testing.T, doc *html.Node, page string) {
	t.Helper()
	if got, want := len(all(doc, "script")), strings.Count(page, "form post"); got != want {
		t.Errorf("got %d scripts, want %d", got, want)
	}
	links := strings.HasSuffix(page, "index") || strings.HasSuffix(page, "debug") // these pages link to other pages of the server
	for _, n := range all(doc, "") {
		if slices.Contains([]string{"link", "iframe", "img", "object", "embed", "base", "svg", "template"}, n.Data) || n.Data == "a" && !links {
			t.Errorf("got <%s>, want none", n.Data)
		}
		for _, a := range n.Attr {
			if n.Data == "a" && a.Key == "href" && links {
				continue
			}
			if strings.HasPrefix(a.Key, "on") || slices.Contains([]string{"src", "href", "style", "formaction", "target", "http-equiv", "srcdoc"}, a.Key) {
				t.Errorf("got <%s %s>, want none", n.Data, a.Key)
			}
		}
	}
}

// checkLabels reports every input without a label.
func checkLabels(t *testing.T, doc *html.Node) {
	t.Helper()
	ids := map[string]bool{}
	labelled := map[string]bool{}
	for _, n := range all(doc, "") {
		if id, ok := attr(n, "id"); ok {
			if ids[id] {
				t.Errorf("got the ID %q twice", id)
			}
			ids[id] = true
		}
		if n.Data == "label" && textOf(n) != "" {
			labelled[value(n, "for")] = true
		}
	}
	for _, n := range all(doc, "") {
		if slices.Contains([]string{"input", "select", "textarea"}, n.Data) && value(n, "type") != "hidden" && !labelled[value(n, "id")] {
			t.Errorf("got <%s name=%q> without a label", n.Data, value(n, "name"))
		}
		for _, key := range []string{"for", "aria-labelledby", "aria-describedby", "list"} {
			if id, ok := attr(n, key); ok && !ids[id] {
				t.Errorf("got %s=%q, want it to name an element", key, id)
			}
		}
	}
}
