package jws_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/bearerguard/bearerguard/internal/jws"
)

// FuzzJOSEHeader checks that the parameters read from an accepted header
// survive a round trip, and that every error is one of the package's error
// variables.
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
				t.Errorf("got the error %v, want a constant of the package", err)
			}
			if header != (jws.Header{}) {
				t.Errorf("got %+v with an error, want an empty header", header)
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
