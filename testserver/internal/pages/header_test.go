package pages_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"reflect"
	"testing"

	"github.com/bearerguard/bearerguard/testserver/internal/pages"
)

func TestHeadersAreExactlyThese(t *testing.T) {
	tests := []struct {
		page   string
		status int
		forms  string // a part of the policy: "; " and the directive form-action
		script bool
	}{
		{page: "login", status: 200},
		{page: "consent", status: 200},
		{page: "logout", status: 200},
		{page: "device", status: 200, forms: "; form-action 'self'"},
		{page: "message", status: 400, forms: "; form-action 'none'"},
		{page: "form post", status: 200, script: true},
		{page: "debug", status: 200, forms: "; form-action 'self'"},
	}
	for _, tt := range tests {
		t.Run(tt.page, func(t *testing.T) {
			page := site("text")[tt.page]
			rec, doc := render(page), parsed(t, page)
			// A browser parses the page and then hashes the text of the
			// element. So the test hashes the text from the parsed page.
			policy := "default-src 'none'; style-src " + hash(one(t, doc, "style").FirstChild.Data)
			if tt.script {
				policy += "; script-src " + hash(one(t, doc, "script").FirstChild.Data)
			}
			want := http.Header{
				"Content-Security-Policy": {policy + tt.forms + "; frame-ancestors 'none'; base-uri 'none'"},
				"X-Frame-Options":         {"DENY"},
				"X-Content-Type-Options":  {"nosniff"},
				"Referrer-Policy":         {"no-referrer"},
				"Cache-Control":           {"no-store"},
				"Content-Type":            {"text/html; charset=utf-8"},
			}
			if got := rec.Header(); !reflect.DeepEqual(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
			if rec.Code != tt.status {
				t.Errorf("got status %d, want %d", rec.Code, tt.status)
			}
		})
	}
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func TestAPageTakesThePlaceOfHeadersSetBefore(t *testing.T) {
	rec := render(func(w http.ResponseWriter) {
		w.Header().Add("Content-Security-Policy", "default-src *")
		w.Header().Add("Cache-Control", "max-age=60")
		pages.Login(w, pages.LoginPage{})
	})
	for _, name := range []string{"Content-Security-Policy", "Cache-Control"} {
		if got, want := rec.Header().Values(name), render(bare()["login"]).Header().Values(name); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
