package shapes

import (
	"strconv"
	"strings"
)

// Filling is what texts of a shape stand for.
type Filling struct {
	Issuer, Audience string
	Now              int64 // a NumericDate
}

// Value is v with its texts filled in, also those within lists and objects, and
// the names of members. It shares nothing with v that could be changed.
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

// Put writes the members into an object, and takes those out that have no value.
func (f Filling) Put(object map[string]any, members ...Member) {
	for _, m := range members {
		if m.Value == nil {
			delete(object, m.Name)
			continue
		}
		object[m.Name] = f.Value(m.Value)
	}
}

// Lookup returns what members say of name, the last of them if several do. found
// is true as well for a member that is left out.
func Lookup(members []Member, name string) (value any, found bool) {
	for _, m := range members {
		if m.Name == name {
			value, found = m.Value, true
		}
	}
	return value, found
}
