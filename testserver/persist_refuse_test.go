package testserver_test

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// blockSaving makes saving impossible, even for root, until unblock is called.
// It renames a directory to the path at which the next state would be written.
// The rename is atomic, so a save in progress cannot interfere.
func blockSaving(t *testing.T, path string) (unblock func()) {
	t.Helper()
	next, away := path+".bearerguard-new", filepath.Join(t.TempDir(), "away")
	if err := os.MkdirAll(filepath.Join(away, "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	for {
		err := os.Rename(away, next)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.ENOTDIR) { // ENOTDIR: a save that is running has a file at this path; try again
			t.Fatal(err)
		}
	}
	return func() {
		if err := os.Rename(next, away); err != nil {
			t.Fatal(err)
		}
	}
}

func TestUnsavedChangesAreErrors(t *testing.T) {
	path := statePath(t)
	s := startPersisted(t, path, testserver.OpaqueTokens(), testserver.Clock(atNoon))
	code, second, r := codeFor(t, s), codeFor(t, s), tokens(t, s)
	d, poll := startDevice(t, s)
	s.Login(t, d.text("verification_uri_complete"))

	unblock := blockSaving(t, path)
	for range 2 { // a failed request does not use up the code or the refresh token
		for name, form := range map[string]url.Values{"code": codeRequest(code), "refresh": refreshRequest(r.text("refresh_token"))} {
			if got := overSocket(t, s, testserver.EndpointToken, form); got.status != 503 || got.text("error") != "temporarily_unavailable" || len(got.body) != 2 {
				t.Errorf("%s: got %d %v, want 503 temporarily_unavailable", name, got.status, got.body)
			}
		}
	}
	wantError(t, poll(), 503, "temporarily_unavailable")
	wantError(t, overSocket(t, s, testserver.EndpointToken, url.Values{"grant_type": {"client_credentials"}}, "test-client", "test-secret"), 503, "temporarily_unavailable")
	wantError(t, formTo(t, s, testserver.EndpointDeviceAuthorization, "client_id=test-public"), 503, "temporarily_unavailable")
	if _, to := authorize(s, authorizationRequest()); to == nil || to.Query().Get("error") != "temporarily_unavailable" || to.Query().Has("code") {
		t.Errorf("got %v, want an error at the client", to)
	}
	revoking := url.Values{"client_id": {"test-public"}, "token": {r.text("access_token")}}
	wantError(t, overSocket(t, s, testserver.EndpointRevoke, revoking), 503, "temporarily_unavailable")
	for _, e := range s.Events() {
		if e.Kind == "refreshed" {
			t.Errorf("got the event %v for tokens that were not issued", e)
		}
	}

	unblock()
	wantTokens(t, overSocket(t, s, testserver.EndpointToken, codeRequest(code)))
	next := wantTokens(t, overSocket(t, s, testserver.EndpointToken, refreshRequest(r.text("refresh_token"))))
	s.Advance(5 * time.Second)
	wantTokens(t, poll())
	if got := overSocket(t, s, testserver.EndpointRevoke, revoking); got.status != 200 {
		t.Errorf("got %d, want the token revoked", got.status)
	}

	unblock = blockSaving(t, path)
	wantError(t, overSocket(t, s, testserver.EndpointToken, codeRequest(second)), 503, "temporarily_unavailable")
	wantParts := func(err error) {
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("got %v, want an error with the path of the file", err)
		}
	}
	wantParts(s.Close())
	wantParts(s.Close())
	unblock()
	two := startPersisted(t, path, testserver.Clock(atNoon)) // the file contains the changes of all successful responses
	wantTokens(t, overSocket(t, two, testserver.EndpointToken, codeRequest(second)))
	wantTokens(t, overSocket(t, two, testserver.EndpointToken, refreshRequest(next.text("refresh_token"))))
	if isActive(two, r.text("access_token")) {
		t.Error("want the revocation saved")
	}
}

func TestUnsavedRevocationTakesEffect(t *testing.T) {
	path := statePath(t)
	s := startPersisted(t, path, testserver.OpaqueTokens())
	code := codeFor(t, s)
	r := wantTokens(t, exchange(t, s, codeRequest(code)))
	unblock := blockSaving(t, path)
	wantError(t, exchange(t, s, codeRequest(code)), 503, "temporarily_unavailable")
	unblock()
	wantError(t, exchange(t, s, refreshRequest(r.text("refresh_token"))), 400, "invalid_grant")
	if isActive(s, r.text("access_token")) {
		t.Error("want the tokens of a replayed code revoked")
	}
}

func TestClosedServerRefusesChanges(t *testing.T) {
	path := statePath(t)
	s, err := testserver.NewUnstarted(testserver.Persist(path), testserver.IssuerURL(persistedIssuer))
	if err != nil {
		t.Fatal(err)
	}
	code := codeFor(t, s)
	closeServer(t, s)
	two := startPersisted(t, path) // closing s has unlocked the file
	wantError(t, exchange(t, s, codeRequest(code)), 503, "temporarily_unavailable")
	wantTokens(t, exchange(t, two, codeRequest(code)))
}

func TestInvalidStateFilesAreNotChanged(t *testing.T) {
	state := func() string {
		path := statePath(t)
		s := startPersisted(t, path)
		tokens(t, s)
		_, _ = startDevice(t, s)
		push(t, s, "scope", "a")
		closeServer(t, s)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}()
	for name, tt := range map[string]struct{ text, want string }{
		"foreign":                      {`{"name":"package.json"}`, "not a state file"},
		"truncated":                    {state[:len(state)/2], "damaged"},
		"newer":                        {strings.Replace(state, `"version":1`, `"version":2`, 1), "newer release"},
		"without a state":              {`{"format":"bearerguard testserver state","version":1,"state":null}`, "the member Secret is missing"},
		"with an unknown member":       {strings.Replace(state, `"Clients":`, `"Guests":[],"Clients":`, 1), "unknown members"},
		"with a family that is null":   {strings.Replace(state, `"Families":[{`, `"Families":[{"Key":"x","Value":null},{`, 1), "a grant is invalid"},
		"with a code that is null":     {strings.Replace(state, `"Codes":[{`, `"Codes":[{"Value":null},{`, 1), "a code is null"},
		"with a device that is null":   {strings.Replace(state, `"Devices":[{`, `"Devices":[{"Value":null},{`, 1), "a device authorization is null, or its interval is negative"},
		"with a push that is null":     {strings.Replace(state, `"Pushed":[{`, `"Pushed":[{"Value":null},{`, 1), "a pushed request is null"},
		"with a push without a value":  {strings.Replace(state, `"scope":[`, `"x":[],"scope":[`, 1), "a parameter of a pushed request has no value"},
		"with a client that is null":   {strings.Replace(state, `"Clients":[`, `"Clients":[null,`, 1), "a client is null"},
		"with a client without an ID":  {strings.Replace(state, `"Clients":[`, `"Clients":[{},`, 1), "a client is invalid"},
		"with a client twice":          {strings.Replace(state, `"Clients":[`, `"Clients":[{"ID":"test-public","Public":true},`, 1), "is repeated"},
		"with a user twice":            {strings.Replace(state, `"Users":[`, `"Users":[{"Sub":"test-user"},`, 1), "is repeated"},
		"with a code twice":            {strings.Replace(state, `"Codes":[{`, `"Codes":[{"Value":{}},{"Value":{}},{`, 1), "unknown members"},
		"with an invalid key":          {strings.Replace(state, `"Signing":[`, `"Signing":[{"kty":"EC"},`, 1), "unknown members"},
		"with half a key to sign with": {strings.Replace(state, `"d":`, `"x5u":"http://x.test","x5t":`, 1), "damaged"},
		"with two keys to sign with":   {strings.Replace(state, `"Signing":[`, `"Signing":[{"kty":"oct","alg":"HS256","k":"AAAA"},{"kty":"oct","alg":"HS256","k":"AAAA"},`, 1), "two signing keys are for the same algorithm"},
		"with a published secret":      {strings.Replace(state, `"Published":[`, `"Published":[{"kty":"oct","alg":"HS256","k":"AAAA"},`, 1), "a shared secret is published"},
	} {
		t.Run(name, func(t *testing.T) {
			path := statePath(t)
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := testserver.Start(t.Context(), testserver.Persist(path))
			if err == nil {
				_ = s.Close()
				t.Fatal("got a server, want an error")
			}
			wantAll(t, err.Error(), tt.want, path, "Move the file away")
			if after, err := os.ReadFile(path); err != nil || string(after) != tt.text {
				t.Errorf("got %.100q, %v in the file, want it unchanged", after, err)
			}
		})
	}
}

func TestStateFileIsLocked(t *testing.T) {
	path := statePath(t)
	one := startPersisted(t, path)
	wantAll(t, fatalText(t, func(tb *recorder) { testserver.New(tb, testserver.Persist(path)) }), path, "another process is using the state file")
	wantTokens(t, overSocket(t, one, testserver.EndpointToken, codeRequest(codeFor(t, one))))
	closeServer(t, one)
	closeServer(t, startPersisted(t, path))
	wantAll(t, fatalText(t, func(tb *recorder) { testserver.New(tb, testserver.Persist("")) }), "give the path of a file")
	defer blockSaving(t, path)()
	wantAll(t, fatalText(t, func(tb *recorder) { testserver.New(tb, testserver.Persist(path)) }), path, "cannot be written")
}
