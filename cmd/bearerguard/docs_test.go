package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bearerguard/bearerguard/internal/control"
	"github.com/bearerguard/bearerguard/proof/program"
)

// page returns the text of a page in docs.
func page(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var commands = regexp.MustCompile("(?s)```sh\n(.*?)```")

// TestCommandsOfThePagesRun runs all sh blocks of a page, one after the other.
// The blocks run under bearerguard exec, together with the API in examples/api.
// The address of that API replaces localhost:8080.
func TestCommandsOfThePagesRun(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Fatalf("the pages use curl: %v", err)
	}
	api := buildExample(t, "api")
	for _, tt := range []struct {
		page   string
		blocks int
		setup  string // commands that run before the commands of the page
		want   string // testscript commands that check the output
	}{
		{"cli.md", 7, "", "stdout '^all [0-9]+ right$'\nstdout '^refused$'\n! stdout 'want'\n"},
		{"control.md", 10, "curl -fsS --retry 30 --retry-delay 1 --retry-connrefused http://localhost:8080/healthz\n", "stdout '^{\"url\":\"http://[^\"]*\",\"ok\":true'\n"},
	} {
		t.Run(tt.page, func(t *testing.T) {
			script := "ISSUER=$OAUTH_ISSUER AUDIENCE=api FRAMEWORK=http $API & trap \"kill $!\" EXIT\n" + tt.setup
			blocks := commands.FindAllStringSubmatch(page(t, tt.page), -1)
			for _, b := range blocks {
				script += b[1]
			}
			listen, dir := program.Address(t), t.TempDir()
			text := "exec bearerguard exec -- sh -eux page.sh\n" + tt.want +
				"-- page.sh --\n" + strings.ReplaceAll(script, "localhost:8080", listen)
			if err := os.WriteFile(filepath.Join(dir, "page.txtar"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			testscript.Run(t, testscript.Params{Dir: dir, Setup: func(env *testscript.Env) error {
				env.Setenv("API", api)
				env.Setenv("LISTEN", listen)
				env.Setenv("GORACE", "atexit_sleep_ms=0")
				return nil
			}})
			if len(blocks) < tt.blocks {
				t.Errorf("got %d blocks, want all blocks of the page", len(blocks))
			}
		})
	}
}

// TestCommandsOfTheConfigurationPageRun runs the sh blocks of docs/config.md.
func TestCommandsOfTheConfigurationPageRun(t *testing.T) {
	script := ""
	for _, b := range commands.FindAllStringSubmatch(page(t, "config.md"), -1) {
		script += b[1]
	}
	dir := t.TempDir()
	text := "exec sh -eux page.sh\nstdout '\"ttl\": \"5m0s\"'\nstdout '\"secret\": \"[*]+\"'\n-- page.sh --\n" + script
	if err := os.WriteFile(filepath.Join(dir, "page.txtar"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{Dir: dir})
}

func TestTheReadyLineIsDocumented(t *testing.T) {
	cmd := newRoot(streams{})
	cmd.SetContext(t.Context())
	server, err := (&serverFlags{addr: anyPort, control: anyPort}).startServer(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.close() }()
	for name := range newReady(server) {
		if !strings.Contains(page(t, "cli.md"), "`"+name+"`") {
			t.Errorf("docs/cli.md does not mention %s", name)
		}
	}
}

// TestTheControlAPIIsDocumented compares docs/control.md with the OpenAPI
// document. A test of package testserver compares the paths of the OpenAPI
// document with the server.
func TestTheControlAPIIsDocumented(t *testing.T) {
	var document struct {
		Paths      map[string]map[string]json.RawMessage
		Components struct {
			Schemas map[string]struct {
				Properties           map[string]json.RawMessage
				AdditionalProperties *bool
			}
		}
	}
	if err := json.Unmarshal(control.OpenAPI, &document); err != nil {
		t.Fatal(err)
	}
	text := page(t, "control.md")
	var got, want []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([A-Z]+ /[^ `]*)` \\|").FindAllStringSubmatch(text, -1) {
		got = append(got, row[1])
	}
	for path, operations := range document.Paths {
		for method := range operations {
			want = append(want, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got the requests\n%q, want\n%q", got, want)
	}
	members := 0
	for name, schema := range document.Components.Schemas {
		closed := schema.AdditionalProperties != nil // only request schemas forbid unlisted members
		if !closed && name != "Fault" && name != "Client" && name != "User" && name != "Clock" {
			continue
		}
		for member := range schema.Properties {
			members++
			if !strings.Contains(text, "`"+member+"`") {
				t.Errorf("docs/control.md does not mention %s of %s", member, name)
			}
		}
	}
	if members < 60 {
		t.Errorf("got %d members of requests, want all", members)
	}
}
