package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// maxBytes and maxDepth limit the size and the nesting depth of a file.
// maxFaults limits the number of reported errors.
const (
	maxBytes  = 16 << 20
	maxDepth  = 64
	maxFaults = 100
)

// ParseConfig parses the configuration in r, which must not be larger than 16
// MiB. The returned error joins the first 100 errors in the configuration. It
// does not quote secrets.
func ParseConfig(r io.Reader) (*Config, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	if err := check(text); err != nil {
		return nil, fmt.Errorf("the configuration is not JSON: %w", err)
	}
	var all report
	c := value{report: &all, raw: bytes.TrimSpace(text)}.config()
	if err := all.err(); err != nil {
		return nil, err
	}
	return &c, nil
}

// check returns an error unless text is exactly one JSON value in UTF-8.
func check(text []byte) error {
	switch {
	case len(text) > maxBytes:
		return fmt.Errorf("it is larger than %d MiB", maxBytes>>20)
	case len(bytes.TrimSpace(text)) == 0:
		return errors.New("it is empty: write {} for the defaults")
	case bytes.HasPrefix(text, []byte("\ufeff")):
		return errors.New("it begins with a byte order mark: save it without a byte order mark")
	case !utf8.Valid(text):
		return errors.New("it is not UTF-8: save it as UTF-8")
	}
	var raw json.RawMessage
	err := json.Unmarshal(text, &raw)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		read := text[:max(0, min(int(syntax.Offset), len(text))-1)] // text before the invalid byte
		line := bytes.Count(read, []byte("\n")) + 1
		column := utf8.RuneCount(read[bytes.LastIndexByte(read, '\n')+1:]) + 1
		return fmt.Errorf("line %d, column %d: %w", line, column, err)
	}
	return err
}

// report collects errors.
type report struct {
	faults []error
	more   int
}

func (r *report) add(path, format string, args ...any) {
	if len(r.faults) == maxFaults {
		r.more++
		return
	}
	r.faults = append(r.faults, fmt.Errorf("%s: %s", path, fmt.Sprintf(format, args...)))
}

func (r *report) err() error {
	if r.more > 0 {
		return errors.Join(append(r.faults, fmt.Errorf("… and %d more faults", r.more))...)
	}
	return errors.Join(r.faults...)
}
