package control

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"time"
)

// Duration is a time.Duration. In JSON it is a string such as "-5m". A number
// is also accepted and means seconds.
type Duration time.Duration

// MarshalJSON returns a string in the format of [time.Duration.String].
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON reads a string or a number.
func (d *Duration) UnmarshalJSON(text []byte) error {
	wrong := errors.New(`want a duration such as "90s", "-5m" or "1h30m", or a number of seconds`)
	if text[0] == '"' {
		var s string
		_ = json.Unmarshal(text, &s) // cannot fail, because the text is valid JSON
		parsed, err := time.ParseDuration(s)
		if err != nil {
			return wrong
		}
		*d = Duration(parsed)
		return nil
	}
	var seconds float64
	if err := json.Unmarshal(text, &seconds); err != nil || math.Abs(seconds) >= math.MaxInt64/1e9 {
		return wrong
	}
	*d = Duration(seconds * float64(time.Second))
	return nil
}

// Texts is a list of strings. In JSON it is an array of strings or a single
// string.
type Texts []string

// UnmarshalJSON reads a string or an array.
func (t *Texts) UnmarshalJSON(text []byte) error {
	list, _, err := texts(text)
	*t = list
	return err
}

// Scopes is a list of scopes. In JSON it is an array of strings or a single
// string of scopes separated by spaces.
type Scopes []string

// UnmarshalJSON reads a string or an array.
func (s *Scopes) UnmarshalJSON(text []byte) error {
	list, one, err := texts(text)
	if one {
		list = strings.Fields(list[0])
	}
	*s = list
	return err
}

func texts(text []byte) (list []string, one bool, err error) {
	if text[0] == '"' {
		var s string
		err := json.Unmarshal(text, &s)
		return []string{s}, true, err
	}
	var elements []*string
	if json.Unmarshal(text, &elements) != nil || slices.Contains(elements, nil) {
		return nil, false, errors.New("want a string or an array of strings")
	}
	list = make([]string, 0, len(elements)) // not nil, because [] differs from an absent member
	for _, element := range elements {
		list = append(list, *element)
	}
	return list, false, nil
}
