package issuers

import (
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/introspect"
)

// guid is an ID as Microsoft writes it, a GUID in lower case.
func (f *faults) guid(name, text string) string {
	switch lower := strings.ToLower(text); {
	case isGUID(text):
	case isGUID(lower):
		f.add("%s is %q: give it in lower case, as tokens have it", name, text)
	case strings.Contains(text, "://"):
		f.add("%s is %q: give only the GUID in it", name, text)
	default:
		f.add("%s is %q: give its ID, a GUID such as 72f988bf-86f1-41af-91ab-2d7cd011db47", name, text)
	}
	return text
}

func isGUID(text string) bool {
	for i, c := range []byte(text) {
		isHyphen := i == 8 || i == 13 || i == 18 || i == 23
		if isHyphen != (c == '-') || !isHyphen && (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(text) == 36
}

// label is one label of a host, such as the name of a team.
func (f *faults) label(name, text, domain string) string {
	if text == "" || strings.ContainsAny(text, "./:?#@ ") {
		f.add("%s is %q: give only the name before .%s", name, text, domain)
	}
	return text
}

// some are values that may not be missing.
func (f *faults) some(name string, values []string, remedy string) []string {
	if len(values) == 0 || slices.Contains(values, "") {
		f.add("%s has nothing, or an empty string, in it: give %s", name, remedy)
	}
	return values
}

// asked is a client that may not be missing.
func (f *faults) asked(client *introspect.Client, remedy string) *introspect.Client {
	if client == nil {
		f.add("client is nil: give what %s returns (was its error ignored?)", remedy)
	}
	return client
}
