package settings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

const masked = "***"

// Secret is a string that is masked when it is printed, logged or written as
// JSON. Convert it to string to get the value.
type Secret string

// Format hides s from the verbs of package fmt, except from %p. For %p, fmt
// does not call Format and prints s.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, masked) }

// LogValue hides s from log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(masked) }

// MarshalText hides s from JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

// JWK is a JSON Web Key or a JWK Set, as JSON. When a JWK is printed or logged,
// all of it is masked. When a JWK is written as JSON, every member that may be
// secret is masked (RFC 7518 §6).
type JWK []byte

// Format hides k from all the verbs of package fmt.
func (k JWK) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, masked) }

// LogValue hides k from log/slog.
func (k JWK) LogValue() slog.Value { return slog.StringValue(masked) }

// MarshalJSON writes k as JSON. It masks every member that may be secret.
func (k JWK) MarshalJSON() ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(k))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return json.Marshal(public(v))
}

// public masks the members of a key, or of all keys in a JWK Set. It leaves
// only certain public members unmasked, because any other member may be secret.
func public(v any) any {
	key, ok := v.(map[string]any)
	if !ok {
		return masked
	}
	for name, value := range key {
		switch name {
		case "keys":
			set, _ := value.([]any)
			for i := range set {
				set[i] = public(set[i])
			}
			key[name] = set
		case "kty", "use", "alg", "kid", "crv", "x", "y", "n", "e", "x5u", "x5t", "x5t#S256":
			if _, ok := value.(string); !ok {
				key[name] = masked
			}
		default:
			key[name] = masked
		}
	}
	return key
}

// Write prints c as a configuration file with *** instead of its secrets.
func (c *Config) Write(w io.Writer) error { return write(w, c) }

func write(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
