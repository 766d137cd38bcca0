package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/internal/control"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/program"
	"github.com/bearerguard/bearerguard/scopes"
)

// bearerguard runs the program in this process.
func bearerguard(t *testing.T, args ...string) (code int, out, err string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), args, streams{in: strings.NewReader(""), out: &stdout, err: &stderr})
	return code, stdout.String(), stderr.String()
}

// example builds one of the examples.
func example(t *testing.T, name string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", file, "github.com/bearerguard/bearerguard/examples/"+name)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return file
}

func TestCheckAPIFindsNothingInTheExample(t *testing.T) {
	file := example(t, "api")
	for _, framework := range []string{"http", "echo", "echo5", "gin"} {
		for route, args := range map[string][]string{
			"/me":    nil,
			"/items": {"--scope", "items:write", "-X", "POST", "--body", "{}"},
			"/admin": {"--scope", "items:read items:write", "--scope", "admin", "--alg", "RS256", "--seed", "s"},
		} {
			t.Run(framework+" "+route, func(t *testing.T) {
				issuer, listen := program.Address(t), program.Address(t)
				for name, value := range map[string]string{"ISSUER": "http://" + issuer, "AUDIENCE": "stock", "LISTEN": listen, "FRAMEWORK": framework} {
					t.Setenv(name, value)
				}
				args := append([]string{"check-api", "http://" + listen + route, "--addr", issuer, "--audience", "stock"}, args...)
				if code, out, err := bearerguard(t, append(args, "--", file)...); code != exitOK || strings.Contains(out, "✗") || strings.Count(out, "✓") < 40 {
					t.Errorf("got exit code %d, %s%s", code, out, err)
				}
			})
		}
	}
}

// carelessAPI trusts every audience.
func carelessAPI(issuer string) (http.Handler, error) {
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api", Issuers: []middleware.Issuer{{URL: issuer, InsecureNoAudience: true}},
	})
	if err != nil {
		return nil, err
	}
	return httpauth.Require(v, scopes.All("read"))(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Tenant") != "acme" || r.Host != r.Context().Value(http.LocalAddrContextKey).(net.Addr).String() {
			w.WriteHeader(http.StatusTeapot)
		}
	})), nil
}

// careless is one that trusts the issuer at addr.
func careless(t *testing.T, addr string) (url string) {
	t.Helper()
	handler, err := carelessAPI("http://" + addr)
	if err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(handler)
	t.Cleanup(api.Close)
	return api.URL + "/orders?page=1"
}

func TestCheckAPIReportsWhatIsWrong(t *testing.T) {
	for form, tt := range map[string]struct {
		flags []string
		want  []string
	}{
		"people": {nil, []string{"✓\tgood-token\n", "✗\twrong-audience\n\tgot\t200", "\twhy\t", "\tfix\t", "2 of ", " wrong\n"}},
		"TAP": {[]string{"--tap"}, []string{"TAP version 14\n1..", "\nok 1 - good-token\n", " - wrong-audience\n  ---\n  got: \"200",
			"\n  fix: \"", "\n  ...\n"}},
		"JSON": {[]string{"--json"}, []string{`"ok": false,`, `"name": "wrong-audience",` + "\n      \"ok\": false,\n      \"got\": \"200"}},
	} {
		t.Run("to "+form, func(t *testing.T) {
			addr := program.Address(t)
			args := []string{"check-api", careless(t, addr), "--addr", addr, "--scope", "read", "-H", "X-Tenant: acme"}
			code, out, err := bearerguard(t, append(args, tt.flags...)...)
			if code != exitNo || err != "" {
				t.Errorf("got exit code %d and %q, want 1 and silence", code, err)
			}
			for _, want := range tt.want {
				if !strings.Contains(out, want) {
					t.Errorf("got no %q in %s", want, out)
				}
			}
			if strings.Contains(out, "eyJ") {
				t.Errorf("got a part of a token in %s", out)
			}
		})
	}
}

func TestCheckAPISendsAllRolesOfAClaim(t *testing.T) {
	addr := program.Address(t)
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "api", Issuers: []middleware.Issuer{{URL: "http://" + addr, ScopeClaims: []string{"/realm_access/roles"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(httpauth.Require(v, scopes.All("admin", "auditor"))(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	defer api.Close()
	code, out, _ := bearerguard(t, "check-api", api.URL, "--addr", addr,
		"--require-claim", "/realm_access/roles=admin", "--require-claim", "/realm_access/roles=auditor")
	if code != exitOK || !strings.Contains(out, "✓\tmissing-claim\n") || !strings.Contains(out, "✓\tlook-alike-claim\n") {
		t.Errorf("got exit code %d, %s", code, out)
	}
}

func TestCheckAPIRequiresALoginAndMetadata(t *testing.T) {
	addr := program.Address(t)
	code, out, _ := bearerguard(t, "check-api", careless(t, addr), "--addr", addr, "--scope", "read", "-H", "X-Tenant: acme",
		"--require-acr", "urn:example:mfa", "--require-acr", "urn:example:key", "--require-auth-within", "5m", "--require-metadata")
	for _, want := range []string{"✓\tother-acr\n", "✗\tweak-acr\n", "✗\tmissing-acr\n", "✓\trecent-auth\n", "✗\tstale-auth\n", "✗\tmetadata-url\n"} {
		if code != exitNo || !strings.Contains(out, want) {
			t.Errorf("got exit code %d and no %q in %s", code, want, out)
		}
	}
}

func TestWhatAnAPIMeansIsLeftOut(t *testing.T) {
	addr := program.Address(t)
	code, out, _ := bearerguard(t, "check-api", careless(t, addr), "--addr", addr, "--scope", "read", "-H", "X-Tenant: acme", "--json",
		"--skip", "wrong-audience,missing-audience", "--claim", "tenant=acme")
	var report control.Checked
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != exitOK || !report.OK || len(report.Results) < 40 {
		t.Errorf("got exit code %d, %s", code, out)
	}
}

func TestAnAPIThatTakesNoTokenIsToldOnce(t *testing.T) {
	addr := program.Address(t)
	code, out, _ := bearerguard(t, "check-api", careless(t, addr), "--addr", addr, "--scope", "read", "--tap")
	if code != exitNo || !strings.Contains(out, "1..1\nnot ok 1 - good-token\n") {
		t.Errorf("got exit code %d, %s", code, out)
	}
}

func TestCheckAPIRefuses(t *testing.T) {
	nobody, taken := "http://"+program.Address(t)+"/orders", httptest.NewServer(http.NotFoundHandler())
	defer taken.Close()
	for name, tt := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no URL":                        {nil, exitUsage, "check-api: URL is missing"},
		"two URLs":                      {[]string{nobody, nobody}, exitUsage, "one argument too many"},
		"nothing to start":              {[]string{nobody, "--"}, exitUsage, "no program follows --"},
		"a URL without a scheme":        {[]string{"localhost:8080/orders"}, exitUsage, "such as http://localhost:8080/orders"},
		"nowhere for the issuer":        {[]string{nobody}, exitUsage, "give --addr"},
		"an address without a port":     {[]string{nobody, "--addr", "here"}, exitUsage, "give a host and a port"},
		"an address for all":            {[]string{nobody, "--addr", ":0"}, exitUsage, "--allow-remote"},
		"an address in use":             {[]string{nobody, "--addr", strings.TrimPrefix(taken.URL, "http://")}, exitUsage, "address already in use"},
		"an invalid issuer":             {[]string{nobody, "--addr", "127.0.0.1:0", "--issuer", "here"}, exitUsage, "want an absolute http or https URL"},
		"an unknown algorithm":          {[]string{nobody, "--alg", "none"}, exitUsage, "Give one of ES256"},
		"an unknown defect":             {[]string{nobody, "--skip", "alg-nine"}, exitUsage, `"alg-nine"`},
		"an invalid scope":              {[]string{taken.URL, "--addr", "127.0.0.1:0", "--scope", `"`}, exitUsage, "RFC 6749 §3.3"},
		"a claim without a value":       {[]string{nobody, "--claim", "tenant"}, exitUsage, "want name=value"},
		"a needed claim without value":  {[]string{nobody, "--require-claim", "roles="}, exitUsage, `--require-claim "roles=": want name=value`},
		"a needed value without claim":  {[]string{nobody, "--require-claim", "=admin"}, exitUsage, "want name=value"},
		"a malformed pointer":           {[]string{taken.URL, "--addr", "127.0.0.1:0", "--require-claim", "/a~2=b"}, exitUsage, "in a JSON Pointer"},
		"an acr of two values":          {[]string{taken.URL, "--addr", "127.0.0.1:0", "--require-acr", "a b"}, exitUsage, "an acr value has no spaces"},
		"an acr without a value":        {[]string{nobody, "--require-acr", ""}, exitUsage, "--require-acr is empty"},
		"a login within a number":       {[]string{nobody, "--require-auth-within", "5"}, exitUsage, "a duration such as 90s"},
		"a login within half a second":  {[]string{taken.URL, "--addr", "127.0.0.1:0", "--require-auth-within", "500ms"}, exitUsage, "give whole seconds"},
		"a header without a name":       {[]string{nobody, "-H", "acme"}, exitUsage, "'Name: value'"},
		"a token of one's own":          {[]string{nobody, "-H", "authorization: Bearer x"}, exitUsage, "is what the check sets"},
		"an invalid method":             {[]string{nobody, "-X", "G T"}, exitUsage, "--method"},
		"a body from nowhere":           {[]string{nobody, "--body", "@absent"}, exitUsage, "--body: "},
		"a server in two places":        {[]string{nobody, "--addr", "127.0.0.1:0", "--control-url", "http://127.0.0.1:1"}, exitUsage, "leave out --addr"},
		"two forms of report":           {[]string{nobody, "--tap", "--json"}, exitUsage, "exclude each other"},
		"an API that is not there":      {[]string{nobody, "--addr", "127.0.0.1:0"}, exitFailure, "the API cannot be reached"},
		"a program that is not there":   {[]string{nobody, "--", "./absent"}, exitUsage, "the program: "},
		"a program that ends too early": {[]string{nobody, "--", "go", "version"}, exitFailure, "ended before it answered"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, err := bearerguard(t, append([]string{"check-api"}, tt.args...)...)
			if code != tt.code || out != "" || !strings.Contains(err, tt.want) {
				t.Errorf("got exit code %d, %q and %q, want %d and %q", code, out, err, tt.code, tt.want)
			}
		})
	}
}

func TestAnInterruptEndsACheck(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	stuck := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			cancel()
			<-r.Context().Done()
		}
	}))
	defer stuck.Close()
	var out, err bytes.Buffer
	code := run(ctx, []string{"check-api", stuck.URL, "--addr", "127.0.0.1:0"}, streams{in: strings.NewReader(""), out: &out, err: &err})
	if code != exitFailure || out.Len() != 0 || !strings.Contains(err.String(), "interrupted") {
		t.Errorf("got exit code %d, %q and %q", code, &out, &err)
	}
}
