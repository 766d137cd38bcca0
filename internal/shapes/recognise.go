package shapes

import (
	"fmt"
	"regexp"
	"slices"
)

// Recognise finds the shape that best matches the header and claims of a token.
// It returns this shape, and the texts of its hints that apply to the token.
// The texts quote nothing from the token. ok is false if no shape matches.
func Recognise(header, claims map[string]any) (s Shape, hints []string, ok bool) {
	best := 0
	for _, shape := range All {
		score := shape.Recognised.score(header, claims)
		if score > 0 && claims["iss"] == shape.Issuer {
			score += 10 // prefer a provider with exactly this issuer
		}
		if score > best {
			best, s = score, shape
		}
	}
	if best == 0 {
		return Shape{}, nil, false
	}
	for _, h := range s.Hints {
		object := claims
		if h.Header {
			object = header
		}
		if h.applies(object) {
			hints = append(hints, h.Text)
		}
	}
	return s, hints, true
}

// score returns 0 if the token does not meet all criteria. Otherwise, a higher
// score means a more specific match.
func (r Recognised) score(header, claims map[string]any) (score int) {
	if r.Issuer != "" {
		iss, _ := claims["iss"].(string)
		if !regexp.MustCompile(r.Issuer).MatchString(iss) {
			return 0
		}
		score += 2 // a match of iss is more specific than the name of a claim
	}
	for object, names := range map[*map[string]any][]string{&header: r.Header, &claims: r.Claims} {
		for _, name := range names {
			if _, present := (*object)[name]; !present {
				return 0
			}
			score++
		}
	}
	return score
}

// applies reports whether the hint applies to a token. object is the token's
// header or its claims.
func (h Hint) applies(object map[string]any) bool {
	v, present := object[h.Name]
	switch {
	case h.Absent:
		return !present
	case !present:
		return false
	case h.Value == "":
		return true
	}
	if list, ok := v.([]any); ok {
		return slices.ContainsFunc(list, func(one any) bool { return fmt.Sprint(one) == h.Value })
	}
	return fmt.Sprint(v) == h.Value
}
