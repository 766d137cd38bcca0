package settings

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// value is a JSON value and its position in the file. If one of its methods
// finds an error, the method adds the error to the report and returns a zero
// value. Reading then continues.
type value struct {
	report *report
	up     *value // nil for the root
	step   string // the last part of the path to this value
	depth  int
	raw    json.RawMessage // valid JSON
}

func (v value) fail(format string, args ...any) { v.report.add(v.path(), format, args...) }

// path returns the path of v in the file, for error messages.
func (v value) path() string {
	var steps []string
	for at := &v; at.up != nil; at = at.up {
		steps = append(steps, at.step)
	}
	if len(steps) == 0 {
		return "the configuration"
	}
	slices.Reverse(steps)
	return strings.TrimPrefix(strings.Join(steps, ""), ".")
}

// below returns the value for raw, which is an element or a member of v. The
// step is the part of the path that leads from v to raw.
func (v *value) below(step string, raw json.RawMessage) value {
	return value{report: v.report, up: v, step: step, depth: v.depth + 1, raw: raw}
}

// step returns the part of a path that leads to the member with the given name,
// such as .name or ["a b"].
func step(name string) string {
	for _, r := range name {
		if r != '_' && r != '$' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') {
			return "[" + quoted(name) + "]"
		}
	}
	if name == "" {
		return `[""]`
	}
	return "." + short(name)
}

// quoted shortens a string from the file and puts it in quotes, for error
// messages.
func quoted(text string) string { return strconv.Quote(short(text)) }

func short(text string) string {
	const most = 60
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

// kind returns the JSON type of v, for errors.
func (v value) kind() string {
	switch v.raw[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}

// is reports whether v has the given JSON type. If not, it adds an error.
func (v value) is(kind, want string) bool {
	got := v.kind()
	switch {
	case got == kind:
		return true
	case got == "null":
		v.fail("got null: give %s, or remove it", want)
	default:
		v.fail("got %s, want %s", got, want)
	}
	return false
}

// field is a member that an object may have. Its function read reads the value
// of the member.
type field struct {
	name string
	read func(value)
}

// into returns a function that calls read and stores its result in *dst.
func into[T any](dst *T, read func(value) T) func(value) {
	return func(v value) { *dst = read(v) }
}

// intoNew is like into, but stores a pointer to the result in *dst. The pointer
// distinguishes a member with the zero value from an absent member.
func intoNew[T any](dst **T, read func(value) T) func(value) {
	return func(v value) { *dst = new(read(v)) }
}

// object reads the members of the JSON object v. For each member it calls the
// read function of the field with that name. A member without a field is an
// error. object returns the names of the members that it has read.
func (v value) object(fields ...field) (given map[string]bool) {
	var names []string
	for _, f := range fields {
		names = append(names, f.name)
	}
	given = map[string]bool{}
	v.members("an object of "+strings.Join(names, ", "), func(name string, part value) {
		i := slices.Index(names, name)
		if i < 0 {
			part.fail("is not a setting, want one of %s", strings.Join(names, ", "))
			return
		}
		given[name] = true
		fields[i].read(part)
	})
	return given
}

// members calls read for each member of v. If a name is repeated, members adds
// an error and does not call read again for this name.
func (v *value) members(want string, read func(name string, part value)) {
	if !v.is("an object", want) || v.tooDeep() {
		return
	}
	d := v.enter()
	seen := map[string]bool{}
	for d.More() {
		t, _ := d.Token() // cannot fail, here and below: the text is valid JSON
		name, _ := t.(string)
		part := v.below(step(name), next(d))
		if seen[name] {
			part.fail("is repeated, want it once")
			continue
		}
		seen[name] = true
		read(name, part)
	}
}

// elements calls read for each element of v.
func (v *value) elements(want string, read func(part value)) {
	if !v.is("an array", want) || v.tooDeep() {
		return
	}
	d := v.enter()
	for i := 0; d.More(); i++ {
		read(v.below("["+strconv.Itoa(i)+"]", next(d)))
	}
}

// enter returns a decoder for v that has already read the opening bracket.
func (v *value) enter() *json.Decoder {
	d := json.NewDecoder(bytes.NewReader(v.raw))
	_, _ = d.Token()
	return d
}

func next(d *json.Decoder) (raw json.RawMessage) {
	_ = d.Decode(&raw)
	return raw
}

func (v *value) tooDeep() bool {
	if v.depth < maxDepth {
		return false
	}
	v.fail("is nested too deeply, want at most %d levels", maxDepth)
	return true
}

// list returns a function that reads an array. This function calls read for
// each element, and returns the results.
func list[T any](want string, read func(value) T) func(value) []T {
	return func(v value) []T {
		all := []T{}
		v.elements(want, func(part value) { all = append(all, read(part)) })
		return all
	}
}
