package main

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestAStoreKeepsARecordUntilItsTime(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) store{
		"in memory": func(*testing.T) store { return newMemory() },
		"in a directory": func(t *testing.T) store {
			d, err := newDirectory(filepath.Join(t.TempDir(), "sessions"))
			if err != nil {
				t.Fatal(err)
			}
			return d
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			hour := time.Now().Add(time.Hour)
			if err := errors.Join(s.put("a", []byte("old"), hour), s.put("a", []byte("new"), hour), s.put("expired", []byte("x"), time.Now())); err != nil {
				t.Fatal(err)
			}
			if got, err := s.get("a"); string(got) != "new" || err != nil {
				t.Errorf("got %q, %v, want the new value", got, err)
			}
			if err := errors.Join(s.remove("a"), s.remove("a")); err != nil {
				t.Errorf("removed twice: got %v", err)
			}
			for _, key := range []string{"a", "expired", "unknown"} {
				if got, err := s.get(key); !errors.Is(err, errNoRecord) {
					t.Errorf("%s: got %q, %v, want no record", key, got, err)
				}
			}
		})
	}
}

func TestMemoryRemovesExpiredRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		_ = m.put("a", nil, time.Now().Add(time.Hour))
		time.Sleep(time.Hour)
		_ = m.put("b", nil, time.Now().Add(time.Hour))
		if len(m.records) != 1 {
			t.Errorf("got %d records, want 1", len(m.records))
		}
	})
}

func TestADirectoryIsCleanedAtTheStart(t *testing.T) {
	path := t.TempDir()
	for _, name := range []string{"expired" + recordExt, "crash" + tempExt, "other"} {
		if err := os.WriteFile(filepath.Join(path, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := newDirectory(path); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(path); len(left) != 1 || left[0].Name() != "other" {
		t.Errorf("got %v left, want only the file that is not a session", left)
	}
}

// newSiteWithDirectory returns a site that stores its sessions in a directory,
// and a function that reads the files in the directory.
func newSiteWithDirectory(t *testing.T) (s *site, files func() map[string][]byte) {
	t.Helper()
	path := t.TempDir()
	s = newSite(t, testserver.New(t), false, func(cfg *config) { cfg.sessionDir = path })
	return s, func() map[string][]byte {
		found := map[string][]byte{}
		names, err := filepath.Glob(filepath.Join(path, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if found[name], err = os.ReadFile(name); err != nil {
				t.Fatal(err)
			}
		}
		return found
	}
}

func TestTheStoreIsEncrypted(t *testing.T) {
	s, files := newSiteWithDirectory(t)
	session := s.newBrowser().login().cookie(sessionCookie)
	if len(files()) != 1 || len(s.hidden) != 3 {
		t.Fatalf("got %d files and %d tokens, want 1 and 3", len(files()), len(s.hidden))
	}
	for name, text := range files() {
		for _, secret := range append(s.hidden, session, "test-user", "access_token") {
			if bytes.Contains(text, []byte(secret)) || bytes.Contains([]byte(name), []byte(secret)) {
				t.Error("a token, the user or the session can be read")
			}
		}
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("got %v, %v, want a file for this user only", info.Mode(), err)
		}
	}
}

func TestARecordOfAnotherSessionIsRefused(t *testing.T) {
	s, files := newSiteWithDirectory(t)
	victim, attacker := s.newBrowser(), s.newBrowser()
	victim.login()
	var stolen []byte
	for _, text := range files() {
		stolen = text
	}
	own := storeKey(attacker.login().cookie(sessionCookie))
	if err := os.WriteFile(filepath.Join(s.app.cfg.sessionDir, own+recordExt), stolen, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(s.app.cfg.sessionDir, own+recordExt), time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got := attacker.open("/").title(); got != "Welcome" {
		t.Errorf("got %q, want no session", got)
	}
	if got := victim.open("/").title(); got == "Welcome" {
		t.Error("the session of the victim was lost")
	}
}

func TestSessionsSurviveARestartWithTheSameKey(t *testing.T) {
	s, _ := newSiteWithDirectory(t)
	id := s.newBrowser().login().cookie(sessionCookie)
	for name, test := range map[string]struct {
		key  []byte
		good bool
	}{
		"the same key": {s.app.cfg.sessionKey, true},
		"another key":  {make([]byte, keyBytes), false},
	} {
		cfg := s.app.cfg
		cfg.sessionKey = test.key
		restarted, err := newApp(t.Context(), cfg, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := restarted.load(id); (err == nil) != test.good {
			t.Errorf("%s: got %v, want a session: %v", name, err, test.good)
		}
	}
}

func TestSealIsRandomAndBoundToItsName(t *testing.T) {
	s, err := newSealer(make([]byte, keyBytes))
	if err != nil {
		t.Fatal(err)
	}
	one, _ := s.seal("name", "text")
	two, _ := s.seal("name", "text")
	var got string
	if bytes.Equal(one, two) || s.open("name", one, &got) != nil || got != "text" || s.open("other", one, &got) == nil {
		t.Errorf("got %x and %x, want two different ones that open only under their name", one, two)
	}
}
