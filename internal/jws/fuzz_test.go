package jws_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/bearerguard/bearerguard/internal/jws"
)

// FuzzJOSEHeader holds that an accepted header means what was read from it: a
// header that says just that is accepted too and equal. A refusal is one of
// the package's constants.
func FuzzJOSEHeader(f *testing.F) {
	for _, tt := range accepted {
		f.Add([]byte(tt.text))
	}
	for _, tt := range refused {
		if len(tt.text) < 1<<12 {
			f.Add([]byte(tt.text))
		}
	}
	refusals := []error{jws.ErrHeader, jws.ErrCritical, jws.ErrKeyID, jws.ErrAlgorithm, jws.ErrNested}
	f.Fuzz(func(t *testing.T, data []byte) {
		header, err := jws.ParseHeader(data)
		if err != nil {
			if !slices.ContainsFunc(refusals, func(want error) bool { return errors.Is(err, want) }) {
				t.Errorf("got the error %v, which is none of the package's", err)
			}
			if header != (jws.Header{}) {
				t.Errorf("got %+v beside an error", header)
			}
			return
		}
		members := map[string]string{"alg": header.Algorithm}
		if header.KeyID != "" {
			members["kid"] = header.KeyID
		}
		if header.Type != "" {
			members["typ"] = header.Type
		}
		if header.Thumbprint != "" {
			members["x5t"] = header.Thumbprint
		}
		text, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		again, err := jws.ParseHeader(text)
		if err != nil || again != header {
			t.Errorf("got %+v, %v of %s, want %+v", again, err, text, header)
		}
	})
}
