package testserver_test

import (
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/bearerguard/bearerguard/testserver"
)

// withoutDirSync removes the permission to read dir while f runs. Files in dir
// can then be created and replaced, but dir cannot be opened to sync it.
// Permissions do not restrict root, so f runs with the file access rights of a
// different user.
func withoutDirSync(t *testing.T, dir string, f func()) {
	t.Helper()
	for up := filepath.Dir(dir); up != filepath.Clean(os.TempDir()); up = filepath.Dir(up) {
		if err := os.Chmod(up, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o333); err != nil {
		t.Fatal(err)
	}
	runtime.LockOSThread() // the file-system user is set for each thread
	defer runtime.UnlockOSThread()
	before, _, _ := syscall.RawSyscall(syscall.SYS_SETFSUID, 65534, 0, 0)
	f()
	_, _, _ = syscall.RawSyscall(syscall.SYS_SETFSUID, before, 0, 0)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
}

// If a state was written but not synced, the server must write the next state,
// even if it equals the last synced state.
func TestUnsyncedStateIsWrittenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := statePath(t)
		s, err := testserver.NewUnstarted(testserver.Persist(path), testserver.IssuerURL(persistedIssuer))
		if err != nil {
			t.Fatal(err)
		}
		revoke := func() int {
			r := httptest.NewRequest("POST", s.Endpoint(testserver.EndpointRevoke), strings.NewReader(url.Values{"client_id": {"test-public"}, "token": {"x"}}.Encode()))
			r.Header.Set("Content-Type", formType)
			rec := httptest.NewRecorder()
			s.ServeHTTP(rec, r)
			return rec.Code
		}
		key := testserver.GenerateKey("ES256", "withdrawn")
		s.Publish(key) // from now on, a change is saved after a delay, or with the next request
		s.Retire(key.ID)
		if got := revoke(); got != 200 {
			t.Fatalf("got %d, want 200", got)
		}
		synctest.Wait()
		withoutDirSync(t, filepath.Dir(path), func() {
			s.Publish(key)
			if got := revoke(); got != 503 {
				t.Errorf("got %d, want 503", got)
			}
		})
		s.Retire(key.ID)
		if got := revoke(); got != 200 {
			t.Errorf("got %d, want 200", got)
		}
		if text, err := os.ReadFile(path); err != nil || strings.Contains(string(text), key.ID) {
			t.Errorf("got %v, want a file without the withdrawn key", err)
		}
		closeServer(t, s)
	})
}
