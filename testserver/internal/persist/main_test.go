package persist_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/bearerguard/bearerguard/testserver/internal/persist"
)

// childFile is the name of an environment variable. If the variable is set, the
// test binary runs as a child process and opens the state file at the path in
// the variable: see child_test.go.
const childFile = "PERSIST_TEST_CHILD_FILE"

func TestMain(m *testing.M) {
	if path := os.Getenv(childFile); path != "" {
		child(path)
		return
	}
	goleak.VerifyTestMain(m)
}

// state is the state that these tests save.
type state struct {
	N    int      `json:"n"`
	Tags []string `json:"tags"`
}

const head = `{"format":"bearerguard testserver state","version":1,"state":`

func open(t testing.TB, path string) *persist.File {
	t.Helper()
	f, err := persist.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// load returns the state of a file. It fails the test if the file has no state.
func load(t testing.TB, f *persist.File) (s state) {
	t.Helper()
	if found, err := f.Load(&s); err != nil || !found {
		t.Fatalf("got %v, %v, want a state", found, err)
	}
	return s
}

func save(t testing.TB, f *persist.File, v any) {
	t.Helper()
	if err := f.Save(v); err != nil {
		t.Fatal(err)
	}
}

func put(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func wantText(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("got %.200q, %v in the file, want %.200q", got, err, want)
	}
}

// names lists the files in the directory of path.
func names(t *testing.T, path string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func wantParts(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want one that says %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("got %q, want it to say %q", err, part)
		}
	}
}
