package persist

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

const (
	format  = "bearerguard testserver state"
	version = 1
)

// head and tail are the bytes before and after the state in a file.
var (
	head = []byte(`{"format":"` + format + `","version":` + strconv.Itoa(version) + `,"state":`)
	tail = []byte("}\n")
)

// unwrap returns the state from the text of a file. The text must be a JSON
// object with exactly the members format, version and state. White space and
// the order of the members do not matter.
func unwrap(text []byte) ([]byte, error) {
	switch {
	case len(bytes.TrimSpace(text)) == 0:
		return nil, fmt.Errorf("%w: it is empty", ErrDamaged)
	case !json.Valid(text) && bytes.HasPrefix(text, head[:len(`{"format":"`)+len(format)+1]):
		return nil, fmt.Errorf("%w: its JSON is incomplete or malformed", ErrDamaged)
	case !json.Valid(text):
		return nil, fmt.Errorf("%w: it is not JSON", ErrForeign)
	}
	members, twice := split(text)
	var name string
	if json.Unmarshal(members["format"], &name) != nil || name != format {
		return nil, fmt.Errorf(`%w: it does not begin with {"format":%q`, ErrForeign, format)
	}
	n, err := strconv.Atoi(string(members["version"]))
	switch {
	case err == nil && n > version && !twice:
		return nil, fmt.Errorf("%w: it has version %d, but this release supports version %d", ErrNewer, n, version)
	case err != nil || n != version || twice || members["state"] == nil || len(members) != 3:
		return nil, fmt.Errorf("%w: it must have the members format, version and state, and no others", ErrDamaged)
	}
	return members["state"], nil
}

// split returns the members of a JSON object, and whether a member name occurs
// more than once. The text must be valid JSON. If the text is not an object,
// the returned map is empty.
func split(text []byte) (members map[string]json.RawMessage, twice bool) {
	members = map[string]json.RawMessage{}
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return members, false
	}
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		var value json.RawMessage
		if err != nil || !ok || d.Decode(&value) != nil {
			return nil, true
		}
		_, known := members[name]
		twice = twice || known
		members[name] = value
	}
	return members, twice
}
