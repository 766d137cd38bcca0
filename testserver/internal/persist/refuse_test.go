package persist_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/persist"
)

// refused are the contents of files that Open refuses. They are also the seeds
// of the fuzz target.
var refused = []struct {
	name string
	text string
	want error
}{
	{"an empty file", "", persist.ErrDamaged},
	{"a file of white space", "\n\n", persist.ErrDamaged},
	{"a state cut off in the middle", head + `{"n":1,"ta`, persist.ErrDamaged},
	{"a state cut off before the last brace", head + `{"n":1}`, persist.ErrDamaged},
	{"a state cut off in its header", `{"format":"bearerguard testserver state","ver`, persist.ErrDamaged},
	{"a state with zeros at its end", head + "{}}\x00\x00\x00", persist.ErrDamaged},
	{"two states", head + "{}}\n" + head + "{}}\n", persist.ErrDamaged},
	{"a state with a byte changed", head + `{"n"=1}}`, persist.ErrDamaged},
	{"no state", `{"format":"bearerguard testserver state","version":1}`, persist.ErrDamaged},
	{"another member in place of the state", `{"format":"bearerguard testserver state","version":1,"states":{}}`, persist.ErrDamaged},
	{"no version", `{"format":"bearerguard testserver state","state":{}}`, persist.ErrDamaged},
	{"a version that is a string", `{"format":"bearerguard testserver state","version":"1","state":{}}`, persist.ErrDamaged},
	{"a version that is not whole", `{"format":"bearerguard testserver state","version":1.5,"state":{}}`, persist.ErrDamaged},
	{"version zero", `{"format":"bearerguard testserver state","version":0,"state":{}}`, persist.ErrDamaged},
	{"a member more", head + `{},"extra":1}`, persist.ErrDamaged},
	{"the state twice", head + `{"n":1},"state":{"n":2}}`, persist.ErrDamaged},
	{"the version twice", head + `{},"version":2}`, persist.ErrDamaged},
	{"a name in another case", `{"format":"bearerguard testserver state","Version":1,"state":{}}`, persist.ErrDamaged},

	{"the next version", `{"format":"bearerguard testserver state","version":2,"state":{}}`, persist.ErrNewer},
	{"a later version of another shape", `{"format":"bearerguard testserver state","version":70,"sum":"x","parts":[]}`, persist.ErrNewer},

	{"another program's JSON", `{"name":"app","version":1}`, persist.ErrForeign},
	{"another format", `{"format":"something else","version":1,"state":{}}`, persist.ErrForeign},
	{"a format of another type", `{"format":["bearerguard testserver state"],"version":1,"state":{}}`, persist.ErrForeign},
	{"a JSON array", `[1,2,3]`, persist.ErrForeign},
	{"JSON null", `null`, persist.ErrForeign},
	{"a JSON string", `"bearerguard testserver state"`, persist.ErrForeign},
	{"a text", "dear diary\n", persist.ErrForeign},
	{"a program", "\x7fELF\x02\x01\x01\x00", persist.ErrForeign},
	{"a byte order mark", "\ufeff" + head + "{}}", persist.ErrForeign},
}

func TestOpenRefusesAndLeavesAsItIs(t *testing.T) {
	for _, tt := range refused {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state.json")
			put(t, path, tt.text)
			_, err := persist.Open(path)
			if !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			wantParts(t, err, path, "the file was not changed. Move the file away")
			wantText(t, path, tt.text)
			// Open does not keep a refused file locked. A new state can be
			// saved as soon as the file is moved away.
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			save(t, open(t, path), state{})
		})
	}
}

func TestStateThatDoesNotFitIsNotOverwritten(t *testing.T) {
	for _, tt := range []struct{ name, state string }{
		{"a member of another type", `{"n":"s3cret"}`},
		{"a member that is not known", `{"n":1,"s3cret":[]}`},
		{"another type", `["s3cret"]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state.json")
			put(t, path, head+tt.state+"}")
			f := open(t, path)
			_, err := f.Load(&state{})
			if !errors.Is(err, persist.ErrDamaged) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("got %v, want %v that quotes nothing", err, persist.ErrDamaged)
			}
			if err := f.Save(state{N: 2}); !errors.Is(err, persist.ErrDamaged) {
				t.Errorf("got %v from Save, want %v", err, persist.ErrDamaged)
			}
			wantText(t, path, head+tt.state+"}")
		})
	}
}

func TestOpenRefusesWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	loop := filepath.Join(dir, "loop")
	dangling := filepath.Join(dir, "dangling")
	notDir := filepath.Join(dir, "file")
	put(t, notDir, "")
	for link, target := range map[string]string{loop: loop, dangling: filepath.Join(dir, "nowhere")} {
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, path string
		want       []string
	}{
		{"no name", "", []string{"give a path"}},
		{"a directory", dir, []string{dir, "is a directory", "name a file in this directory"}},
		{"a symbolic link to itself", loop, []string{loop, "cannot be resolved", "correct the link"}},
		{"a symbolic link to nothing", dangling, []string{dangling, "cannot be resolved", "correct the link"}},
		{"a directory that is not there", filepath.Join(dir, "none", "state.json"), []string{"directory of the file does not exist", "create the directory"}},
		{"a directory that is a file", filepath.Join(notDir, "state.json"), []string{"directory of the file does not exist"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := persist.Open(tt.path)
			wantParts(t, err, tt.want...)
		})
	}
}

func TestSaveNoticesThatTheFileIsAnotherNow(t *testing.T) {
	for _, tt := range []struct {
		name   string
		before string // "" for no file
		change func(t *testing.T, path string)
	}{
		{"written to", head + `{"n":1}}`, func(t *testing.T, path string) { put(t, path, "mine") }},
		{"replaced by one of the same size and time", head + `{"n":1}}`, func(t *testing.T, path string) {
			put(t, path+"2", head+`{"n":9}}`)
			info, err := os.Stat(path)
			if err := errors.Join(err, os.Chtimes(path+"2", info.ModTime(), info.ModTime()), os.Rename(path+"2", path)); err != nil {
				t.Fatal(err)
			}
		}},
		{"written to in the same size", head + `{"n":1}}`, func(t *testing.T, path string) {
			put(t, path, head+`{"n":9}}`)
			if err := os.Chtimes(path, time.Time{}, time.Unix(1, 0)); err != nil {
				t.Fatal(err)
			}
		}},
		{"made where there was none", "", func(t *testing.T, path string) { put(t, path, "mine") }},
		{"replaced by a directory", "", func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state.json")
			if tt.before != "" {
				put(t, path, tt.before)
			}
			f := open(t, path)
			tt.change(t, path)
			err := f.Save(state{N: 2})
			if !errors.Is(err, persist.ErrChanged) {
				t.Fatalf("got %v, want %v", err, persist.ErrChanged)
			}
			wantParts(t, err, path, "Move the file away")
			if err := os.Rename(path, path+".away"); err != nil {
				t.Fatal(err)
			}
			save(t, f, state{N: 3})
			if got := load(t, f); got.N != 3 {
				t.Errorf("got %v once it was moved away, want n 3", got)
			}
		})
	}
}
