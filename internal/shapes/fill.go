package shapes

import (
	"strconv"
	"strings"
)

// Filling contains the values for the placeholders in a shape.
type Filling struct {
	Issuer, Audience string
	Now              int64 // a NumericDate
}

// Value returns a deep copy of v in which the values of f replace the
// placeholders. It also replaces placeholders in lists, objects and member
// names.
func (f Filling) Value(v any) any {
	switch v := v.(type) {
	case string:
		if v == "{now}" {
			return f.Now
		}
		return f.text(v)
	case []string:
		list := make([]string, len(v))
		for i, one := range v {
			list[i] = f.text(one)
		}
		return list
	case []any:
		list := make([]any, len(v))
		for i, one := range v {
			list[i] = f.Value(one)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, one := range v {
			object[f.text(name)] = f.Value(one)
		}
		return object
	case Null:
		return nil
	}
	return v
}

func (f Filling) text(s string) string {
	return strings.NewReplacer("{issuer}", f.Issuer, "{audience}", f.Audience, "{now}", strconv.FormatInt(f.Now, 10)).Replace(s)
}

// Put sets the given members of an object, and deletes members whose Value is
// nil.
func (f Filling) Put(object map[string]any, members ...Member) {
	for _, m := range members {
		if m.Value == nil {
			delete(object, m.Name)
			continue
		}
		object[m.Name] = f.Value(m.Value)
	}
}

// Lookup returns the value of the last member with the given name. found is
// true even if the Value of that member is nil.
func Lookup(members []Member, name string) (value any, found bool) {
	for _, m := range members {
		if m.Name == name {
			value, found = m.Value, true
		}
	}
	return value, found
}
