package token

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ClaimPath returns the member names on the path to a claim. If name begins
// with a slash, it is a JSON Pointer (RFC 6901). Otherwise the path consists
// only of name.
func ClaimPath(name string) ([]string, error) {
	if !strings.HasPrefix(name, "/") {
		return []string{name}, nil
	}
	if strings.Contains(strings.NewReplacer("~0", "", "~1", "").Replace(name), "~") {
		return nil, errors.New("in a JSON Pointer, write ~ as ~0, and write a slash within a name as ~1 (RFC 6901 §3)")
	}
	path := strings.Split(name[1:], "/")
	for i, one := range path {
		path[i] = strings.NewReplacer("~0", "~", "~1", "/").Replace(one)
	}
	return path, nil
}

// Pointer returns the JSON Pointer for path.
func Pointer(path []string) string {
	var b strings.Builder
	for _, one := range path {
		b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(one))
	}
	return b.String()
}

// ClaimNames returns the names of claims in the order in which the claims are
// set. Plain names come before JSON Pointers, because a pointer may add a
// member to an object that a plain name sets.
func ClaimNames[V any](claims map[string]V) []string {
	return slices.SortedFunc(maps.Keys(claims), func(a, b string) int {
		if pointer := strings.HasPrefix(a, "/"); pointer != strings.HasPrefix(b, "/") {
			if pointer {
				return 1
			}
			return -1
		}
		return strings.Compare(a, b)
	})
}

// SetClaims returns an edit that sets claims in the order of [ClaimNames], so
// that seeded runs are repeatable.
func SetClaims(claims map[string]any) Edit {
	return func(d *Draft) {
		for _, name := range ClaimNames(claims) {
			d.SetAt(name, claims[name])
		}
	}
}

// inner returns the object that is the value of the member with the given name.
// It returns an empty object if the member is missing.
func (o Object) inner(name string) (Object, error) {
	i := o.Find(name)
	if i < 0 || o[i].Value == nil {
		return nil, nil
	}
	inner, err := ParseObject(o[i].Value)
	if err != nil {
		return nil, fmt.Errorf("%q is not an object, so it cannot contain the claim", name)
	}
	return inner, nil
}

// setAt sets the value at path, and creates missing objects along the path.
func (o *Object) setAt(path []string, raw json.RawMessage) error {
	if len(path) > 1 {
		inner, err := o.inner(path[0])
		if err != nil {
			return err
		}
		if err := inner.setAt(path[1:], raw); err != nil {
			return err
		}
		if raw, err = inner.MarshalJSON(); err != nil {
			return err
		}
	}
	o.Put(path[0], raw)
	return nil
}

// deleteAt deletes the member at path. An absent member is not an error.
func (o *Object) deleteAt(path []string) {
	if len(path) == 1 {
		o.Delete(path[0])
		return
	}
	inner, err := o.inner(path[0])
	if err != nil || inner == nil {
		return
	}
	inner.deleteAt(path[1:])
	if raw, err := inner.MarshalJSON(); err == nil {
		o.Put(path[0], raw)
	}
}

// textsAt returns the strings at path. The value at path may be an array of
// strings or a single string.
func (o Object) textsAt(path []string) []string {
	if len(path) > 1 {
		inner, _ := o.inner(path[0])
		return inner.textsAt(path[1:])
	}
	if one, ok := o.Text(path[0]); ok {
		return []string{one}
	}
	list, _ := o.Texts(path[0])
	return list
}
