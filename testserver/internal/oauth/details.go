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

// maxDetails is the maximum number of elements of authorization_details, and
// maxDetailsText is the maximum length of its JSON in bytes. The parameter must
// be small because the access tokens of the grant contain it.
const (
	maxDetails     = 32
	maxDetailsText = 8 << 10
)

func invalidDetails(description string) *failure {
	return refused("invalid_authorization_details", description)
}

// readDetails reads the parameter authorization_details (RFC 9396 §2). It
// returns nil if the parameter is absent. Each element is returned as
// normalized JSON, so that subset can compare elements as strings.
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
		return nil, invalidDetails("authorization_details is not an array of objects with a type each (RFC 9396 section 2)")
	}
	for _, one := range details {
		o, _ := token.ParseObject([]byte(one)) // cannot fail: parseDetails wrote this JSON
		if of, _ := o.Text("type"); !slices.Contains(s.config.DetailTypes, of) {
			return nil, invalidDetails("authorization_details has a type that the server does not support") // RFC 9396 §5
		}
	}
	return details, nil
}

// parseDetails parses the array of authorization_details and returns each
// element as normalized JSON, without duplicates. It returns false if the array
// is invalid, empty or longer than maxDetails.
func parseDetails(text []byte) ([]string, bool) {
	var list []map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber() // a float64 would round amounts
	if d.Decode(&list) != nil || len(bytes.TrimSpace(text[d.InputOffset():])) > 0 || len(list) == 0 || len(list) > maxDetails {
		return nil, false
	}
	var details []string
	for _, one := range list {
		if of, ok := one["type"].(string); !ok || of == "" || !commonMembers(one) {
			return nil, false
		}
		written, err := json.Marshal(one) // sorts the members; Decode has kept the last value of a repeated member
		if err != nil {
			return nil, false
		}
		if !slices.Contains(details, string(written)) {
			details = append(details, string(written))
		}
	}
	return details, true
}

// commonMembers checks the members that every kind of authorization detail may
// have. It reports whether their values have the right JSON types (RFC 9396
// §2.2).
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

// narrowedDetails returns the details for one token (RFC 9396 §6.1). If the
// form requests details, they must have been granted. If the form requests
// none, the token gets all granted details.
func (s *Server) narrowedDetails(granted []string, form url.Values) ([]string, *failure) {
	requested, failed := s.readDetails(form)
	switch {
	case failed != nil:
		return nil, failed
	case requested == nil:
		return granted, nil
	case !subset(requested, granted):
		return nil, invalidDetails("authorization_details has an element that was not granted")
	}
	return requested, nil
}

// writtenDetails returns details as a JSON array, for tokens and responses (RFC
// 9396 §7, §9).
func writtenDetails(details []string) json.RawMessage {
	return json.RawMessage("[" + strings.Join(details, ",") + "]")
}

// shownDetails returns the details as the consent page shows them. Characters
// that are not printable, such as those that change the direction of text, are
// replaced by their code points.
func shownDetails(details []string) []string {
	var shown []string
	for _, one := range details {
		var v any
		d := json.NewDecoder(strings.NewReader(one))
		d.UseNumber()
		_ = d.Decode(&v) // cannot fail: parseDetails wrote this JSON
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false) // the template of the page escapes HTML
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
