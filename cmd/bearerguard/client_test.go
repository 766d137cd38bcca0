package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bearerguard/bearerguard/proof/program"
	"github.com/bearerguard/bearerguard/testserver"
)

var alice = testserver.User{Sub: "alice", Username: "alice", Password: "hush"}

// The scripts in testdata/client use an authorization server and files with
// tokens and secrets. The variable ISSUER contains the issuer of that server.
func TestClientScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "client"),
		Setup: func(env *testscript.Env) error {
			as, err := testserver.Start(t.Context(), testserver.Audience("api"), testserver.Users(alice))
			if err != nil {
				return err
			}
			env.Defer(func() { _ = as.Close() })
			nowhere, err := newUnreachable(t)
			if err != nil {
				return err
			}
			env.Values["as"] = as
			env.Setenv("ISSUER", as.Issuer())
			env.Setenv("NOWHERE", nowhere.Issuer())
			return writeFiles(as, nowhere, env.WorkDir)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "revoke": revoke},
	})
}

// newUnreachable returns a server that can issue tokens but does not accept
// connections.
func newUnreachable(tb testing.TB) (*testserver.Server, error) {
	tb.Helper()
	return testserver.NewUnstarted(testserver.Audience("api"), testserver.IssuerURL("http://"+program.Address(tb)))
}

// writeFiles writes tokens and a client secret to files in dir, for the test
// scripts. The tokens are from the two given servers.
func writeFiles(as, nowhere *testserver.Server, dir string) error {
	read := testserver.Scope("orders:read")
	user, err := as.Mint(testserver.Subject(alice.Sub), testserver.Scope("openid", "offline_access"))
	if err != nil {
		return err
	}
	opaque, err := as.Mint(testserver.OpaqueTokens(), read)
	if err != nil {
		return err
	}
	for name, text := range map[string]string{
		"good":    as.Token(read) + "\n",
		"pasted":  "Bearer " + as.Token(read),
		"expired": as.Token(read, testserver.With(testserver.Expired)),
		"forged":  as.Token(read, testserver.With(testserver.BadSignature)),
		"jwt":     as.Token(testserver.Typ("JWT")),
		"opaque":  opaque.Access,
		"user":    user.Access,
		"refresh": user.Refresh,
		"empty":   "\n",
		"secret":  as.DefaultClient().Secret + "\n",
		"nowhere": nowhere.Token(),
		"wrong":   "hush-hush",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// exits implements the script command "exits 1 bearerguard …", which runs a
// program and checks its exit code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: exits code program [argument...]")
	}
	code := 0
	err := ts.Exec(args[1], args[2:]...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("got exit code %d, want %s", code, args[0])
	}
}

// revoke implements the script command that revokes the token in a file.
func revoke(ts *testscript.TestScript, _ bool, args []string) {
	as, _ := ts.Value("as").(*testserver.Server)
	if !as.Revoke(strings.TrimSpace(ts.ReadFile(args[0]))) {
		ts.Fatalf("the token is unknown")
	}
}
