package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bearerguard/bearerguard/proof/program"
)

// page is the one for people outside Go.
func page(t *testing.T) string { return document(t, "cli.md") }

func document(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var commands = regexp.MustCompile("(?s)```sh\n(.*?)```")

// TestCommandsOfThePageRun runs all sh blocks, one after the other, below exec and
// beside the API of examples/api, at whose address localhost:8080 stands.
func TestCommandsOfThePageRun(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Fatalf("the page uses curl: %v", err)
	}
	script := "ISSUER=$OAUTH_ISSUER AUDIENCE=api FRAMEWORK=http $API & trap \"kill $!\" EXIT\n"
	blocks := commands.FindAllStringSubmatch(page(t), -1)
	for _, b := range blocks {
		script += b[1]
	}
	api, listen := example(t, "api"), program.Address(t)
	dir := t.TempDir()
	text := "exec bearerguard exec -- sh -eux page.sh\n" +
		"stdout '^all [0-9]+ right$'\nstdout '^refused$'\n! stdout 'want'\n" +
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
	if len(blocks) < 7 {
		t.Errorf("got %d blocks, want all of the page", len(blocks))
	}
}

// TestTheConfigurationOfItsPageIsRight runs the sh blocks of docs/config.md.
func TestTheConfigurationOfItsPageIsRight(t *testing.T) {
	script := ""
	for _, b := range commands.FindAllStringSubmatch(document(t, "config.md"), -1) {
		script += b[1]
	}
	dir := t.TempDir()
	text := "exec sh -eux page.sh\nstdout '\"ttl\": \"5m0s\"'\nstdout '\"secret\": \"[*]+\"'\n-- page.sh --\n" + script
	if err := os.WriteFile(filepath.Join(dir, "page.txtar"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{Dir: dir})
}

func TestThePageHasEachMemberOfTheReadyLine(t *testing.T) {
	cmd := newRoot(streams{})
	cmd.SetContext(t.Context())
	server, err := (&serverFlags{addr: anyPort, control: anyPort}).startServer(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.close() }()
	for name := range newReady(server) {
		if !strings.Contains(page(t), "`"+name+"`") {
			t.Errorf("got nothing about %s", name)
		}
	}
}
