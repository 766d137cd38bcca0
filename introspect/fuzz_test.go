package introspect_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"

	"github.com/bearerguard/bearerguard/introspect"
)

// FuzzIntrospection: whatever the server says, a token is active only if
// encoding/json, which is another reader, finds an object with the member
// "active" once, and true; it is inactive only if it is there once, and false;
// all else is an error. The claims of an active one are the answer, byte for
// byte.
func FuzzIntrospection(f *testing.F) {
	for _, body := range unreadable {
		f.Add([]byte(body))
	}
	for _, body := range []string{
		`{"active":true}`, `{"active":false}`, ` { "active" : true } `, `{"\u0061ctive":true}`, `{"active":true,"exp":1e9}`, `{"active":true,"exp":"x"}`,
		`{"active":true,"active\u0000":false}`, `{"a":{"active":false},"active":true}`, `{"active":true,"x":[[[[[[1]]]]]]}`, `{"active":true}` + "\x00",
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := introspect.Parse(data)
		if err != nil {
			if r != nil {
				t.Fatalf("got %v beside %v", r, err)
			}
			return
		}
		values := topLevel(data, "active")
		if len(values) != 1 || values[0] != r.Active {
			t.Fatalf("got active %v, but the answer has %v", r.Active, values)
		}
		if r.Active != (r.Claims != nil) || r.Active && !bytes.Equal(r.Claims, data) {
			t.Fatalf("got claims %q of %q", r.Claims, data)
		}
	})
}

// topLevel lists the values of the members of one JSON object that have a name.
func topLevel(data []byte, name string) (values []any) {
	dec := json.NewDecoder(bytes.NewReader(data))
	if start, err := dec.Token(); err != nil || start != json.Delim('{') {
		return nil
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil
		}
		var value any
		if err := dec.Decode(&value); err != nil {
			var number *json.UnmarshalTypeError // one that no float holds
			if !errors.As(err, &number) {
				return nil
			}
		}
		if key == name {
			values = append(values, value)
		}
	}
	if _, err := dec.Token(); err != nil {
		return nil
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil
	}
	return values
}
