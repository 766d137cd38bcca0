package introspect_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"

	"github.com/bearerguard/bearerguard/introspect"
)

// FuzzIntrospection compares Parse with encoding/json. Parse must report a
// token as active or inactive only if the answer is an object with exactly one
// member "active" that is true or false. Any other answer must be an error. The
// claims of an active token must equal the answer, byte for byte.
func FuzzIntrospection(f *testing.F) {
	for _, body := range invalidAnswers {
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
				t.Fatalf("got a response %v with the error %v, want only the error", r, err)
			}
			return
		}
		values := topLevel(data, "active")
		if len(values) != 1 || values[0] != r.Active {
			t.Fatalf("got active %v, but the members active of the answer are %v", r.Active, values)
		}
		if r.Active != (r.Claims != nil) || r.Active && !bytes.Equal(r.Claims, data) {
			t.Fatalf("got claims %q for the answer %q, want the answer itself if the token is active", r.Claims, data)
		}
	})
}

// topLevel reads data as one JSON object and returns the values of all its
// members with the given name.
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
			var number *json.UnmarshalTypeError // the error for a number beyond float64
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
