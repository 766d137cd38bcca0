package pages_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/bearerguard/bearerguard/testserver/internal/pages"
)

func TestCheckTakesTheTokenOfTheSessionAlone(t *testing.T) {
	tests := []struct {
		name      string
		want, got string
		ok        bool
	}{
		{"the token", "token", "token", true},
		{"no token", "token", "", false},
		{"another token", "token", "tokem", false},
		{"the token in part", "token", "toke", false},
		{"the token and more", "token", "tokens", false},
		{"the token in capitals", "token", "TOKEN", false},
		{"no session and no token", "", "", false},
		{"no session", "", "token", false},
	}
	for _, tt := range tests {
		if got := pages.Check(tt.want, tt.got); got != tt.ok {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.ok)
		}
	}
}

func TestCookiesBelongToOneServer(t *testing.T) {
	tests := []struct {
		name, issuer, path string
		secure             bool
	}{
		{"plain HTTP", "http://127.0.0.1:8080", "/", false},
		{"TLS", "https://127.0.0.1:8080", "/", true},
		{"a path", "https://as.example/tenant/a", "/tenant/a", true},
		{"a path and a slash", "https://as.example/tenant/a/", "/tenant/a", true},
		{"an escaped path", "https://as.example/a%20b", "/a%20b", true},
		{"no issuer", "", "/", false},
	}
	names := map[string]bool{}
	for _, tt := range tests {
		c := pages.CookieFor(tt.issuer)
		if c.Path != tt.path || c.Secure != tt.secure {
			t.Errorf("%s: got path %q and secure %v, want %q and %v", tt.name, c.Path, c.Secure, tt.path, tt.secure)
		}
		if names[c.Name] {
			t.Errorf("%s: got the name of another server, %q", tt.name, c.Name)
		}
		names[c.Name] = true
	}
	if again := pages.CookieFor(tests[0].issuer); !names[again.Name] {
		t.Errorf("got the name %q, want the same for the same issuer", again.Name)
	}
}

func TestCookiesAreSetAndCleared(t *testing.T) {
	c := pages.CookieFor("https://as.example/a")
	tests := []struct {
		name  string
		write func(http.ResponseWriter)
		want  string
	}{
		{"set", func(w http.ResponseWriter) { c.Set(w, "ABC") }, c.Name + "=ABC; Path=/a; HttpOnly; Secure; SameSite=Lax"},
		{"cleared", c.Clear, c.Name + "=; Path=/a; Max-Age=0; HttpOnly; Secure; SameSite=Lax"},
	}
	for _, tt := range tests {
		if got := render(tt.write).Header().Get("Set-Cookie"); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestASessionIsReadFromItsOneCookie(t *testing.T) {
	c := pages.CookieFor("http://127.0.0.1:1")
	other := pages.CookieFor("http://127.0.0.1:2")
	tests := []struct {
		name, field, want string
	}{
		{"none", "", ""},
		{"one", c.Name + "=ABC", "ABC"},
		{"that of another server", other.Name + "=ABC", ""},
		{"both servers'", other.Name + "=X; " + c.Name + "=ABC", "ABC"},
		{"one from a neighbour as well", c.Name + "=EVIL; " + c.Name + "=ABC", ""},
		{"an empty one", c.Name + "=", ""},
	}
	for _, tt := range tests {
		r := httptest.NewRequest("GET", "/", nil)
		if tt.field != "" {
			r.Header.Set("Cookie", tt.field)
		}
		if got := c.From(r); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
