package shapes

import (
	"fmt"
	"regexp"
	"slices"
)

// Recognise returns the shape that a token has, by its header and its claims, and
// what is often wrong with such tokens and is with this one. Nothing of the token is
// in the hints.
func Recognise(header, claims map[string]any) (s Shape, hints []string, ok bool) {
	most := 0
	for _, shape := range All {
		signs := shape.Recognised.signs(header, claims)
		if signs > 0 && claims["iss"] == shape.Issuer {
			signs += 10 // one that has the same issuer for everybody
		}
		if signs > most {
			most, s = signs, shape
		}
	}
	if most == 0 {
		return Shape{}, nil, false
	}
	for _, h := range s.Hints {
		object := claims
		if h.Header {
			object = header
		}
		if h.is(object) {
			hints = append(hints, h.Text)
		}
	}
	return s, hints, true
}

// signs is how many signs a token has, 0 if one of them is missing.
func (r Recognised) signs(header, claims map[string]any) (signs int) {
	if r.Issuer != "" {
		iss, _ := claims["iss"].(string)
		if !regexp.MustCompile(r.Issuer).MatchString(iss) {
			return 0
		}
		signs += 2 // it says more than the name of a claim
	}
	for object, names := range map[*map[string]any][]string{&header: r.Header, &claims: r.Claims} {
		for _, name := range names {
			if _, there := (*object)[name]; !there {
				return 0
			}
			signs++
		}
	}
	return signs
}

func (h Hint) is(object map[string]any) bool {
	v, there := object[h.Name]
	switch {
	case h.Absent:
		return !there
	case !there:
		return false
	case h.Value == "":
		return true
	}
	if list, ok := v.([]any); ok {
		return slices.ContainsFunc(list, func(one any) bool { return fmt.Sprint(one) == h.Value })
	}
	return fmt.Sprint(v) == h.Value
}
