package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealthExitCodes(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/healthy":
		case "/moved":
			http.Redirect(w, r, "/healthy", http.StatusFound)
		case "/hang":
			<-r.Context().Done()
		default:
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer api.Close()
	stopped := httptest.NewServer(nil)
	stopped.Close()
	for name, test := range map[string]struct {
		args []string
		code int
		err  string
	}{
		"healthy":           {[]string{api.URL + "/healthy"}, exitOK, ""},
		"unavailable":       {[]string{api.URL + "/unhealthy"}, exitNo, "got 503 Service Unavailable, want 200"},
		"moved":             {[]string{api.URL + "/moved"}, exitNo, "got 302 Found, want 200"},
		"slow":              {[]string{api.URL + "/hang", "--timeout", "50ms"}, exitNo, "context deadline exceeded"},
		"not listening":     {[]string{stopped.URL}, exitNo, "connection refused"},
		"not a URL":         {[]string{"localhost:9000"}, exitUsage, "want an http or https URL, such as"},
		"a zero timeout":    {[]string{api.URL, "--timeout", "0s"}, exitUsage, "give a duration above 0, such as 5s"},
		"no argument":       {nil, exitUsage, "URL is missing"},
		"another scheme":    {[]string{"file:///etc/hostname"}, exitUsage, "want an http or https URL, such as"},
		"a URL with a user": {[]string{strings.Replace(api.URL, "://", "://u:p@", 1) + "/healthy"}, exitOK, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errs bytes.Buffer
			code := run(t.Context(), append([]string{"health"}, test.args...), streams{strings.NewReader(""), &out, &errs})
			if code != test.code || !strings.Contains(errs.String(), test.err) || (test.err == "") != (errs.Len() == 0) || out.Len() > 0 {
				t.Errorf("got %d %q %q, want %d %q and no output", code, &out, &errs, test.code, test.err)
			}
		})
	}
}
