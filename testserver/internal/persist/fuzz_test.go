package persist_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/bearerguard/bearerguard/testserver/internal/persist"
)

// FuzzLoad checks that a refused file is not changed. It also checks that an
// accepted file is a JSON object with the right format and version, and that
// Save does not change its state.
func FuzzLoad(f *testing.F) {
	for _, tt := range refused {
		f.Add([]byte(tt.text))
	}
	f.Add([]byte(head + `{"n":1,"tags":["a",null,1e400]}}`))
	f.Add([]byte(head + "null}"))
	f.Add([]byte("{ \"version\":1,\"state\":[\"\xff\"],\"\\u0066ormat\":\"bearerguard testserver state\"}"))
	path := filepath.Join(f.TempDir(), "state.json")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := persist.Open(path)
		if err != nil {
			if after, err := os.ReadFile(path); err != nil || string(after) != string(text) {
				t.Errorf("got %q, %v in the file that was refused, want %q", after, err, text)
			}
			return
		}
		defer func() { _ = file.Close() }()
		var before, after json.RawMessage
		if found, err := file.Load(&before); err != nil || !found {
			t.Fatalf("got %v, %v from a file that was opened", found, err)
		}
		var whole map[string]json.RawMessage
		var format string
		if err := json.Unmarshal(text, &whole); err != nil || len(whole) != 3 || string(whole["version"]) != "1" ||
			json.Unmarshal(whole["format"], &format) != nil || format != "bearerguard testserver state" {
			t.Errorf("accepted %q, %v", text, err)
		}
		if err := file.Save(before); err != nil {
			t.Fatal(err)
		}
		if _, err := file.Load(&after); err != nil {
			t.Fatalf("cannot read what was saved: %v", err)
		}
		var compact, want bytes.Buffer
		if err := json.Compact(&compact, before); err != nil {
			t.Fatal(err)
		}
		if json.HTMLEscape(&want, compact.Bytes()); !bytes.Equal(after, want.Bytes()) {
			t.Errorf("got the state %q after Save, want %q", after, want.Bytes())
		}
	})
}
