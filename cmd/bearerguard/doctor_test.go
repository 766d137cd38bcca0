package main

import (
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/doctor"
	"github.com/bearerguard/bearerguard/proof/program"
	"github.com/bearerguard/bearerguard/testserver"
)

// The scripts in testdata/doctor find the URLs of several test APIs in
// environment variables. The variable LISTEN contains an address at which
// nothing listens.
func TestDoctorScripts(t *testing.T) {
	as := testserver.New(t)
	apis := map[string]api{
		"RIGHT":         {},
		"DROPS_PATH":    {dropsPath: true},
		"FOLLOWS_HOST":  {followsHost: true},
		"DISCOVERY_URL": {suffix: "/.well-known/openid-configuration"},
		"HOSTILE":       {mediaType: "text/\u202e"},
	}
	urls := map[string]string{"LISTEN": program.Address(t)}
	for name, a := range apis {
		a.issuer = as.Issuer()
		s := httptest.NewServer(a)
		t.Cleanup(s.Close)
		urls[name] = s.URL
	}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "doctor"),
		Setup: func(env *testscript.Env) error {
			for name, url := range urls {
				env.Setenv(name, url)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// api is an API at /v1, with protected resource metadata. Each field except
// issuer adds a fault if it is set.
type api struct {
	issuer, suffix         string
	dropsPath, followsHost bool
	mediaType              string
}

func (a api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const wellKnown = "/.well-known/oauth-protected-resource"
	host, _ := r.Context().Value(http.LocalAddrContextKey).(fmt.Stringer)
	base, path := "http://"+host.String(), "/v1"
	if a.followsHost {
		base = "http://" + r.Host
	}
	pointer := base + wellKnown + path
	if a.dropsPath {
		pointer = base + wellKnown
	}
	switch {
	case strings.HasPrefix(r.URL.Path, path):
		w.Header().Set("WWW-Authenticate", fmt.Sprintf("Bearer resource_metadata=%q", pointer))
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == wellKnown+path && !a.dropsPath, r.URL.Path == wellKnown && a.dropsPath:
		w.Header().Set("Content-Type", cmp.Or(a.mediaType, "application/json"))
		w.Header().Set("Access-Control-Allow-Origin", "*")
		fmt.Fprintf(w, `{"resource": %q, "authorization_servers": [%q]}`, base+path, a.issuer+a.suffix)
	case r.URL.Path == wellKnown:
		http.NotFound(w, r)
	}
}

func TestADiagnosisIsForPeople(t *testing.T) {
	report := doctor.Report{Findings: 2, Checks: []doctor.Check{
		{Name: "https", About: "the URL is https", Result: doctor.Passed, Found: "x"},
		{Name: "match", About: "the resource is right", Result: doctor.Failed, Problem: "the resource is another", Expected: "a", Found: "b", Remedy: "Write a."},
		{Name: "cors", About: "scripts may read", Result: doctor.Warned, Problem: "scripts cannot", Remedy: "Send it."},
		{Name: "keys", About: "there are keys", Result: doctor.Skipped},
	}}
	for name, tt := range map[string]struct {
		table bool
		paint paint
		want  string
	}{
		"on a terminal": {true, true, " \x1b[32m✓\x1b[0m https            \x1b[32mthe URL is https\x1b[0m\n" +
			" \x1b[31m✗\x1b[0m match            \x1b[31mthe resource is another\x1b[0m\n" +
			"               want a\n                got b\n                fix Write a.\n" +
			" \x1b[31m!\x1b[0m cors             \x1b[31mscripts cannot\x1b[0m\n                fix Send it.\n" +
			" \x1b[2m–\x1b[0m keys             \x1b[2mthere are keys\x1b[0m\n\x1b[31m2 findings\x1b[0m\n"},
		"elsewhere": {false, false, "✓\thttps\tthe URL is https\t\tx\n✗\tmatch\tthe resource is another\ta\tb\tWrite a.\n" +
			"!\tcors\tscripts cannot\t\t\tSend it.\n–\tkeys\tthere are keys\n2 findings\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := diagnosis(report, tt.table, tt.paint); got != tt.want {
				t.Errorf("got\n%q\nwant\n%q", got, tt.want)
			}
		})
	}
}
