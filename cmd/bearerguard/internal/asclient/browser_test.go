package asclient_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/asclient"
)

func TestTheBrowserOpensThePage(t *testing.T) {
	t.Setenv(pretendBrowser, "yes")
	t.Setenv("BROWSER", os.Args[0])
	opened := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { opened <- r.RequestURI }))
	defer server.Close()
	if err := asclient.OpenBrowser(t.Context(), server.URL+"/login?a=b&c=d"); err != nil {
		t.Fatal(err)
	}
	if got := <-opened; got != "/login?a=b&c=d" {
		t.Errorf("got %q", got)
	}
}

func TestAMissingBrowserIsAnError(t *testing.T) {
	t.Setenv("BROWSER", "./absent")
	if err := asclient.OpenBrowser(t.Context(), "https://login.example.com/"); err == nil {
		t.Error("got no error")
	}
}

func TestOnlyWebPagesAreOpened(t *testing.T) {
	t.Setenv("BROWSER", "./absent")
	for _, page := range []string{"file:///etc/passwd", "javascript:alert(1)", "/bin/sh", "login.html", "https://%zz"} {
		if err := asclient.OpenBrowser(t.Context(), page); err == nil || !strings.Contains(err.Error(), "not an http or https URL") {
			t.Errorf("got %v for %s", err, page)
		}
	}
}
