package persist_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"testing"

	"github.com/bearerguard/bearerguard/testserver/internal/persist"
)

func TestStateSurvivesClosing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	f := open(t, path)
	var none state
	if found, err := f.Load(&none); err != nil || found {
		t.Fatalf("got %v, %v before the first Save, want none", found, err)
	}
	want := state{N: 1, Tags: []string{"a<b>&\u2028", "ü"}}
	save(t, f, want)
	if got := load(t, f); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	f = open(t, path)
	if got := load(t, f); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v after opening again, want %v", got, want)
	}
	save(t, f, state{N: 2})
	if got := load(t, f); got.N != 2 {
		t.Errorf("got %v, want the later state", got)
	}
	if got, want := names(t, path), []string{"state.json", "state.json.bearerguard-lock"}; !slices.Equal(got, want) {
		t.Errorf("got the files %q, want %q", got, want)
	}
}

func TestFileSaysWhatItIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	save(t, open(t, path), state{N: 7})
	wantText(t, path, head+`{"n":7,"tags":null}}`+"\n")
}

func TestFileIsForItsOwnerAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	put(t, path, head+`{}}`) // put uses mode 0644
	save(t, open(t, path), state{})
	for _, name := range names(t, path) {
		info, err := os.Stat(filepath.Join(filepath.Dir(path), name))
		if err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: got mode %v, %v, want 0600", name, info.Mode(), err)
		}
	}
}

func TestLayoutOfTheFileIsFree(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	put(t, path, "{\n \"version\" : 1,\n \"state\": { \"n\" : 3 },\r\n\t\"format\":\"bearerguard testserver state\" }\n\n")
	if got := load(t, open(t, path)); got.N != 3 {
		t.Errorf("got %v, want n 3", got)
	}
}

func TestSaveWritesThroughASymbolicLink(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target.json"), filepath.Join(dir, "link.json")
	put(t, target, head+`{"n":1}}`)
	if err := os.Symlink("target.json", link); err != nil {
		t.Fatal(err)
	}
	f := open(t, link)
	save(t, f, state{N: 2})
	wantText(t, target, head+`{"n":2,"tags":null}}`+"\n")
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("got %v, %v, want the link to be there still", info.Mode(), err)
	}
	if _, err := persist.Open(target); !errors.Is(err, persist.ErrInUse) {
		t.Errorf("got %v from the file behind the link, want %v", err, persist.ErrInUse)
	}
}

func TestFileKeepsItsPlaceWhenTheDirectoryChanges(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	f := open(t, "state.json")
	t.Chdir(t.TempDir())
	save(t, f, state{N: 4})
	wantText(t, filepath.Join(dir, "state.json"), head+`{"n":4,"tags":null}}`+"\n")
}

func TestFailedSaveLeavesTheOldState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	f := open(t, path)
	save(t, f, state{N: 1})
	if err := f.Save(func() {}); err == nil {
		t.Error("saved a function")
	}
	inTheWay := path + ".bearerguard-new"
	if err := os.MkdirAll(filepath.Join(inTheWay, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	wantParts(t, f.Save(state{N: 2}), "state.json", "cannot be written")
	if got := load(t, f); got.N != 1 {
		t.Errorf("got %v, want the state before", got)
	}
	if err := os.RemoveAll(inTheWay); err != nil {
		t.Fatal(err)
	}
	save(t, f, state{N: 3})
	if got := load(t, f); got.N != 3 {
		t.Errorf("got %v, want the state after", got)
	}
}

func TestWhatAKilledProcessLeftIsNoObstacle(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	put(t, path+".bearerguard-new", head+`{"n":`)
	put(t, path+".bearerguard-lock", "99999999\n")
	f := open(t, path)
	save(t, f, state{N: 1})
	if got := load(t, f); got.N != 1 {
		t.Errorf("got %v, want n 1", got)
	}
	if got := names(t, path); len(got) != 2 {
		t.Errorf("got the files %q, want no leftovers", got)
	}
}

func TestClosedFileIsNotWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	f := open(t, path)
	save(t, f, state{N: 1})
	for range 2 {
		if err := f.Close(); err != nil {
			t.Errorf("got %v from Close", err)
		}
	}
	wantParts(t, f.Save(state{N: 2}), "closed")
	_, err := f.Load(&state{})
	wantParts(t, err, "closed")
	wantText(t, path, head+`{"n":1,"tags":null}}`+"\n")
}

func TestSavesFromManyGoroutinesAreOneAfterTheOther(t *testing.T) {
	f := open(t, filepath.Join(t.TempDir(), "state.json"))
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for range 5 {
				if err := f.Save(state{N: n}); err != nil {
					t.Error(err)
				}
				if _, err := f.Load(&state{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
