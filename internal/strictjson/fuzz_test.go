package strictjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/bearerguard/bearerguard/internal/strictjson"
)

// FuzzObject checks that an accepted document has only one meaning:
// encoding/json also accepts it, names are unique at any depth, and Object and
// encoding/json find the same members. It also checks that every error is one
// of the package's error variables, and that LooseObject accepts what Object
// accepts, except U+FFFD.
func FuzzObject(f *testing.F) {
	for _, tt := range documents {
		if len(tt.text) < 1<<12 {
			f.Add([]byte(tt.text))
		}
	}
	refusals := []error{strictjson.ErrSyntax, strictjson.ErrDepth, strictjson.ErrMembers, strictjson.ErrDuplicate}
	f.Fuzz(func(t *testing.T, data []byte) {
		got := make(map[string]string)
		calls := 0
		err := strictjson.Object(data, func(name string, value strictjson.Value) error {
			calls++
			got[name] = string(value)
			return nil
		})
		if err != nil {
			if !slices.Contains(refusals, err) {
				t.Errorf("got the error %v, want a constant of the package", err)
			}
			return
		}
		if !utf8.Valid(data) {
			t.Error("accepted text that is not UTF-8")
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(data, &want); err != nil || want == nil {
			t.Fatalf("accepted a document that encoding/json refuses: %v", err)
		}
		if calls != len(want) {
			t.Errorf("got %d members, encoding/json has %d", calls, len(want))
		}
		for name, value := range want {
			if got[name] != string(value) {
				t.Errorf("member %q: got %s, encoding/json has %s", name, got[name], value)
			}
		}
		if depth, err := uniqueNames(json.NewDecoder(bytes.NewReader(data))); err != nil || depth > strictjson.MaxDepth {
			t.Errorf("accepted a document of depth %d with the error %v, want unique names and depth 32 at most", depth, err)
		}
		if err := strictjson.LooseObject(data, func(string, strictjson.Value) error { return nil }); err != nil && !bytes.ContainsRune(data, utf8.RuneError) && !bytes.Contains(bytes.ToLower(data), []byte(`\ufffd`)) {
			t.Errorf("LooseObject refuses a document that Object accepts: %v", err)
		}
	})
}

var errRepeated = errors.New("an object repeats a name")

// uniqueNames reads a document with encoding/json only. It returns the nesting
// depth of the document, and errRepeated if an object repeats a name.
func uniqueNames(dec *json.Decoder) (deepest int, err error) {
	type level struct {
		names map[string]bool // names so far; nil in an array
		value bool            // whether the next token of an object is a value
	}
	var stack []level
	dec.UseNumber() // a number that is too large for a float64 is still JSON
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return deepest, nil
		}
		if err != nil {
			return deepest, err
		}
		if delim, ok := token.(json.Delim); ok && (delim == '}' || delim == ']') {
			stack = stack[:len(stack)-1]
			continue
		}
		if n := len(stack); n > 0 && stack[n-1].names != nil {
			top := &stack[n-1]
			if !top.value {
				name := token.(string)
				if top.names[name] {
					return deepest, errRepeated
				}
				top.names[name], top.value = true, true
				continue
			}
			top.value = false
		}
		if delim, ok := token.(json.Delim); ok {
			next := level{}
			if delim == '{' {
				next.names = make(map[string]bool)
			}
			stack = append(stack, next)
			deepest = max(deepest, len(stack))
		}
	}
}
