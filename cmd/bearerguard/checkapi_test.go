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
	"regexp"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/adapters/httpauth"
	"github.com/bearerguard/bearerguard/internal/control"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/program"
	"github.com/bearerguard/bearerguard/scopes"
)

// bearerguard runs a command line in this process. It returns the exit code and
// the output.
func bearerguard(t *testing.T, args ...string) (code int, out, err string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), args, streams{in: strings.NewReader(""), out: &stdout, err: &stderr})
	return code, stdout.String(), stderr.String()
}

// buildExample builds a program in examples and returns the path of the binary.
func buildExample(t *testing.T, name string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", file, "github.com/bearerguard/bearerguard/examples/"+name)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return file
}

func TestCheckAPIAcceptsTheExample(t *testing.T) {
	file := buildExample(t, "api")
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

// insecureAPI returns an API that accepts every audience.
func insecureAPI(issuer string) (http.Handler, error) {
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

// startInsecureAPI starts an API that accepts every audience. The API trusts
// the issuer at addr.
func startInsecureAPI(t *testing.T, addr string) (url string) {
	t.Helper()
	handler, err := insecureAPI("http://" + addr)
	if err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(handler)
	t.Cleanup(api.Close)
	return api.URL + "/orders?page=1"
}

func TestCheckAPIReportsFailures(t *testing.T) {
	for format, tt := range map[string]struct {
		flags []string
		want  []string
	}{
		"text": {nil, []string{"✓\tgood-token\n", "✗\twrong-audience\n\tgot\t200", "\twhy\t", "\tfix\t", "2 of ", " wrong\n"}},
		"TAP": {[]string{"--tap"}, []string{"TAP version 14\n1..", "\nok 1 - good-token\n", " - wrong-audience\n  ---\n  got: \"200",
			"\n  fix: \"", "\n  ...\n"}},
		"JSON": {[]string{"--json"}, []string{`"ok": false,`, `"name": "wrong-audience",` + "\n      \"ok\": false,\n      \"got\": \"200"}},
	} {
		t.Run("as "+format, func(t *testing.T) {
			addr := program.Address(t)
			args := []string{"check-api", startInsecureAPI(t, addr), "--addr", addr, "--scope", "read", "-H", "X-Tenant: acme"}
			code, out, err := bearerguard(t, append(args, tt.flags...)...)
			if code != exitNo || err != "" {
				t.Errorf("got exit code %d and %q, want 1 and no message", code, err)
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

func TestCheckAPISkipsDefects(t *testing.T) {
	addr := program.Address(t)
	code, out, _ := bearerguard(t, "check-api", startInsecureAPI(t, addr), "--addr", addr, "--scope", "read", "-H", "X-Tenant: acme", "--json",
		"--skip", "wrong-audience,missing-audience", "--claim", "tenant=acme")
	var report control.Checked
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != exitOK || !report.OK || len(report.Results) < 40 {
		t.Errorf("got exit code %d, %s", code, out)
	}
}

func TestCheckAPIStopsIfTheGoodTokenIsRefused(t *testing.T) {
	addr := program.Address(t)
	code, out, _ := bearerguard(t, "check-api", startInsecureAPI(t, addr), "--addr", addr, "--scope", "read", "--tap")
	if code != exitNo || !strings.Contains(out, "1..1\nnot ok 1 - good-token\n") {
		t.Errorf("got exit code %d, %s", code, out)
	}
}

func TestCheckAPIRefuses(t *testing.T) {
	unused, taken := "http://"+program.Address(t)+"/orders", httptest.NewServer(http.NotFoundHandler())
	defer taken.Close()
	for name, tt := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no URL":                         {nil, exitUsage, "check-api: URL is missing"},
		"two URLs":                       {[]string{unused, unused}, exitUsage, "unexpected argument"},
		"no program":                     {[]string{unused, "--"}, exitUsage, "the program after -- is missing"},
		"a URL without a scheme":         {[]string{"localhost:8080/orders"}, exitUsage, "such as http://localhost:8080/orders"},
		"no server":                      {[]string{unused}, exitUsage, "give --addr"},
		"an address without a port":      {[]string{unused, "--addr", "here"}, exitUsage, "give a host and a port"},
		"a remote address":               {[]string{unused, "--addr", ":0"}, exitUsage, "--allow-remote"},
		"an address in use":              {[]string{unused, "--addr", strings.TrimPrefix(taken.URL, "http://")}, exitUsage, "address already in use"},
		"an invalid issuer":              {[]string{unused, "--addr", "127.0.0.1:0", "--issuer", "here"}, exitUsage, "want an absolute http or https URL"},
		"an unknown algorithm":           {[]string{unused, "--alg", "none"}, exitUsage, "Give one of ES256"},
		"an unknown defect":              {[]string{unused, "--skip", "alg-nine"}, exitUsage, `"alg-nine"`},
		"an invalid scope":               {[]string{taken.URL, "--addr", "127.0.0.1:0", "--scope", `"`}, exitUsage, `bearerguard: --scope: "\"" is not a scope (RFC 6749 §3.3)`},
		"a claim without a value":        {[]string{unused, "--claim", "tenant"}, exitUsage, "want name=value"},
		"a required claim without value": {[]string{unused, "--require-claim", "roles="}, exitUsage, `--require-claim "roles=": want name=value`},
		"a required value without claim": {[]string{unused, "--require-claim", "=admin"}, exitUsage, "want name=value"},
		"a malformed pointer":            {[]string{taken.URL, "--addr", "127.0.0.1:0", "--require-claim", "/a~2=b"}, exitUsage, `bearerguard: --require-claim: "/a~2": in a JSON Pointer`},
		"an acr of two values":           {[]string{taken.URL, "--addr", "127.0.0.1:0", "--require-acr", "a b"}, exitUsage, `bearerguard: --require-acr: "a b": an acr value must not be empty or contain spaces`},
		"the acr of a defect":            {[]string{taken.URL, "--addr", "127.0.0.1:0", "--require-acr", "0"}, exitUsage, `bearerguard: --require-acr: "0": the token with the defect weak-acr has this acr`},
		"an origin without DPoP":         {[]string{taken.URL, "--addr", "127.0.0.1:0", "--origin", "https://a.example"}, exitUsage, "bearerguard: --origin has no effect without --dpop"},
		"a certificate without TLS":      {[]string{taken.URL, "--addr", "127.0.0.1:0", "--client-cert"}, exitUsage, "bearerguard: --client-cert: certificates need TLS"},
		"an acr without a value":         {[]string{unused, "--require-acr", ""}, exitUsage, "--require-acr is empty"},
		"a login within a number":        {[]string{unused, "--require-auth-within", "5"}, exitUsage, "a duration such as 90s"},
		"a login within half a second":   {[]string{taken.URL, "--addr", "127.0.0.1:0", "--require-auth-within", "500ms"}, exitUsage, "bearerguard: --require-auth-within: 500ms: give whole seconds"},
		"a header without a name":        {[]string{unused, "-H", "acme"}, exitUsage, "'Name: value'"},
		"an Authorization header":        {[]string{unused, "-H", "authorization: Bearer x"}, exitUsage, "leave out Authorization, because the check sets it itself"},
		"an invalid method":              {[]string{unused, "-X", "G T"}, exitUsage, "--method"},
		"a body from a missing file":     {[]string{unused, "--body", "@absent"}, exitUsage, "--body: "},
		"two servers":                    {[]string{unused, "--addr", "127.0.0.1:0", "--control-url", "http://127.0.0.1:1"}, exitUsage, "leave out --addr"},
		"two report formats":             {[]string{unused, "--tap", "--json"}, exitUsage, "are mutually exclusive"},
		"an unreachable API":             {[]string{unused, "--addr", "127.0.0.1:0"}, exitFailure, "the API cannot be reached"},
		"a missing program":              {[]string{unused, "--", "./absent"}, exitUsage, "the program cannot be started: "},
		"a program that ends too early":  {[]string{unused, "--", "go", "version"}, exitFailure, "ended before it answered"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, err := bearerguard(t, append([]string{"check-api"}, tt.args...)...)
			if code != tt.code || out != "" || !strings.Contains(err, tt.want) {
				t.Errorf("got exit code %d, %q and %q, want %d and %q", code, out, err, tt.code, tt.want)
			}
		})
	}
}

// The texts of a check name flags, not options of package apitest.
func TestCheckAPINamesItsFlags(t *testing.T) {
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			w.Header().Set("WWW-Authenticate", "Bearer")
		} else {
			w.Header().Set("WWW-Authenticate", `Bearer error="insufficient_user_authentication"`)
		}
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer refusing.Close()
	code, out, err := bearerguard(t, "check-api", refusing.URL, "--addr", "127.0.0.1:0")
	for _, want := range []string{
		"give --require-acr or --require-auth-within.", "Make the API trust the issuer of the server and fetch its keys from its jwks_uri;",
		"with --scope, --require-claim, --audience and --claim;", "describe a request that the API answers with 2xx.",
	} {
		if code != exitNo || err != "" || !strings.Contains(out, want) {
			t.Errorf("got exit code %d, %q and no %q in %s", code, err, want, out)
		}
	}
	for flags, want := range map[string]string{
		"--dpop": "configure it there, or leave out --dpop.", "--dpop --alg ES256": "or give its URL with --origin.", "--scope read": "--scope, --require-claim,",
	} {
		_, out, err := bearerguard(t, append([]string{"check-api", refusing.URL, "--addr", "127.0.0.1:0"}, strings.Fields(flags)...)...)
		members := regexp.MustCompile(`[^-]\b(require_\w+|aud|origin)\b[^:]|Require[A-Z]`).FindString(out)
		if err != "" || members != "" || !strings.Contains(out, want) {
			t.Errorf("%s: got %q and %q, want %q and only flags in %s", flags, err, members, want, out)
		}
	}
}

func TestCheckAPIRequiresALoginAndMetadata(t *testing.T) {
	addr := program.Address(t)
	code, out, _ := bearerguard(t, "check-api", startInsecureAPI(t, addr), "--addr", addr, "--scope", "read", "-H", "X-Tenant: acme",
		"--require-acr", "urn:example:mfa", "--require-acr", "urn:example:key", "--require-auth-within", "5m", "--require-metadata")
	for _, want := range []string{"✓\tother-acr\n", "✗\tweak-acr\n", "✗\tmissing-acr\n", "✓\trecent-auth\n", "✗\tstale-auth\n", "✗\tmetadata-url\n"} {
		if code != exitNo || !strings.Contains(out, want) {
			t.Errorf("got exit code %d and no %q in %s", code, want, out)
		}
	}
}

func TestAnInterruptStopsACheck(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	hanging := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			cancel()
			<-r.Context().Done()
		}
	}))
	defer hanging.Close()
	var out, err bytes.Buffer
	code := run(ctx, []string{"check-api", hanging.URL, "--addr", "127.0.0.1:0"}, streams{in: strings.NewReader(""), out: &out, err: &err})
	if code != exitFailure || out.Len() != 0 || !strings.Contains(err.String(), "interrupted") {
		t.Errorf("got exit code %d, %q and %q", code, &out, &err)
	}
}
