package oauth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

const detailsParameter = "authorization_details"

// Bounds of authorization_details, which come back in every token.
const (
	maxDetails     = 32
	maxDetailsText = 8 << 10
)

func invalidDetails(description string) *failure {
	return refused("invalid_authorization_details", description)
}

// readDetails reads the parameter authorization_details (RFC 9396 §2), nil for
// none. Each one comes as JSON that is written in one way only, so that equal
// ones are equal texts: see subset.
func (s *Server) readDetails(form url.Values) ([]string, *failure) {
	text := form.Get(detailsParameter)
	switch {
	case !form.Has(detailsParameter):
		return nil, nil
	case len(text) > maxDetailsText:
		return nil, invalidDetails("authorization_details is too long")
	}
	details, ok := parseDetails([]byte(text))
	if !ok {
		return nil, invalidDetails("authorization_details is no array of objects that have a type each, as RFC 9396 section 2 says")
	}
	for _, one := range details {
		o, _ := token.ParseObject([]byte(one)) // which parseDetails has written
		if of, _ := o.Text("type"); !slices.Contains(s.config.DetailTypes, of) {
			return nil, invalidDetails("authorization_details has a type that is none of the server's") // §5
		}
	}
	return details, nil
}

// parseDetails reads the array, which is not empty.
func parseDetails(text []byte) ([]string, bool) {
	var list []map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // or an amount would be rounded
	if d.Decode(&list) != nil || len(bytes.TrimSpace(text[d.InputOffset():])) > 0 || len(list) == 0 || len(list) > maxDetails {
		return nil, false
	}
	var details []string
	for _, one := range list {
		if of, ok := one["type"].(string); !ok || of == "" || !commonMembers(one) {
			return nil, false
		}
		written, err := json.Marshal(one) // in the order of names; of a name that is there twice, the last
		if err != nil {
			return nil, false
		}
		if !slices.Contains(details, string(written)) {
			details = append(details, string(written))
		}
	}
	return details, true
}

// commonMembers reports whether the members that every type may have are of
// their kinds (§2.2).
func commonMembers(detail map[string]any) bool {
	for name, v := range detail {
		switch name {
		case "identifier":
			if _, ok := v.(string); !ok {
				return false
			}
		case "locations", "actions", "datatypes", "privileges":
			list, ok := v.([]any)
			if !ok || slices.ContainsFunc(list, func(v any) bool { _, ok := v.(string); return !ok }) {
				return false
			}
		}
	}
	return true
}

// narrowedDetails are those of one token: the ones asked for, which must be among
// those that were granted (§6.1).
func (s *Server) narrowedDetails(granted []string, form url.Values) ([]string, *failure) {
	asked, failed := s.readDetails(form)
	switch {
	case failed != nil:
		return nil, failed
	case asked == nil:
		return granted, nil
	case !subset(asked, granted):
		return nil, invalidDetails("authorization_details has something that was not granted")
	}
	return asked, nil
}

// writtenDetails is the array, as tokens and answers have it (§7, §9).
func writtenDetails(details []string) json.RawMessage {
	return json.RawMessage("[" + strings.Join(details, ",") + "]")
}

// shownDetails are the texts that the end user agrees to. What changes how other
// letters look, such as their direction, is shown as its number.
func shownDetails(details []string) []string {
	var shown []string
	for _, one := range details {
		var v any
		d := json.NewDecoder(strings.NewReader(one))
		d.UseNumber()
		_ = d.Decode(&v) // which parseDetails has written
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false) // the page does it
		e.SetIndent("", "  ")
		_ = e.Encode(v)
		shown = append(shown, visible(strings.TrimSuffix(b.String(), "\n")))
	}
	return shown
}

func visible(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r != '\n' && !unicode.IsPrint(r) {
			fmt.Fprintf(&b, `\u{%x}`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
