package issuers

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
)

// faults collects the invalid arguments of a function.
type faults struct {
	function string
	list     []error
}

func (f *faults) add(format string, args ...any) {
	f.list = append(f.list, fmt.Errorf("issuers."+f.function+": "+format, args...))
}

// attach returns the issuer i with the collected faults in its field Fault.
func (f *faults) attach(i middleware.Issuer) middleware.Issuer {
	i.Fault = errors.Join(f.list...)
	return i
}

// base checks the URL of a server, and returns it without trailing slashes.
func (f *faults) base(name, text string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		f.add("%s is %q: give a URL such as https://id.example.com", name, text)
	case strings.ContainsAny(text, "?#") || u.User != nil:
		f.add("%s is %q: it must not contain user information, a query or a fragment", name, text)
	case strings.Contains(u.Path, "/.well-known/") && name != "bundleURL":
		f.add("%s is %q: give it without /.well-known/ and what follows", name, text)
	case !strings.HasPrefix(text, u.Scheme):
		f.add("%s is %q: give it with %s:// in lower case", name, text, u.Scheme)
	case !isURLText(text):
		f.add("%s is %q: give it in ASCII, without spaces", name, text)
	}
	return strings.TrimRight(text, "/")
}

// isURLText reports whether text contains only characters that need no escape
// in a URL.
func isURLText(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"<>\^{|}`+"`", r) })
}

// host checks the name of a host, with an optional port. A scheme or a path is
// a fault. The name must be in lower case, because tokens contain it in lower
// case.
func (f *faults) host(name, text string) string {
	domain, port, hasPort := strings.Cut(text, ":")
	isHost := !strings.Contains("."+domain+".", "..") && isWord(strings.ReplaceAll(domain, ".", ""))
	switch isPort := port != "" && strings.Trim(port, "0123456789") == ""; {
	case !isHost || hasPort && !isPort:
		f.add("%s is %q: give the name of a host such as tenant.example.com, without https:// and slashes", name, text)
	case text != strings.ToLower(text):
		f.add("%s is %q: give it in lower case, as in tokens", name, text)
	}
	return text
}

// pathElement checks a string that becomes one element of a path, such as the
// name of a realm.
func (f *faults) pathElement(name, text string) string {
	if text == "" || text == "." || text == ".." || strings.ContainsAny(text, "/?#") || !isURLText(text) {
		f.add("%s is %q: give it as in the URL, without slashes", name, text)
	}
	return text
}

// identifier checks an issuer identifier. It keeps a trailing slash, because
// issuers are compared byte for byte.
func (f *faults) identifier(issuer string) string {
	u, err := url.Parse(issuer)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		f.add("issuer is %q: give the value of issuer in the server's metadata, such as https://id.example.com", issuer)
	case strings.Contains(u.Path, "/.well-known/"):
		f.add("issuer is %q: give the value of issuer in that document, without /.well-known/", issuer)
	case strings.ContainsAny(issuer, "?#") || u.User != nil:
		f.add("issuer is %q: it must not contain user information, a query or a fragment", issuer)
	case !isURLText(issuer):
		f.add("issuer is %q: give it in ASCII, without spaces", issuer)
	}
	return issuer
}

// baseBefore checks a base URL to which the caller will append the given path.
// The base URL must not already contain this path.
func (f *faults) baseBefore(name, text, path string) string {
	whole := f.base(name, text)
	if strings.HasSuffix(whole, path) || strings.Contains(whole, path+"/") {
		f.add("%s is %q: remove %s and what follows, since the function adds it", name, text, path)
	}
	return whole
}

// id checks an identifier that consists of letters, digits, "-" and "_", and
// begins with the prefix that its provider uses.
func (f *faults) id(name, text, prefix, example string) string {
	if !strings.HasPrefix(text, prefix) || text == prefix || !isWord(text) {
		f.add("%s is %q: give an ID such as %s", name, text, example)
	}
	return text
}

// isWord reports whether text consists only of letters, digits, "-" and "_".
func isWord(text string) bool {
	const word = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune(word, r) })
}

// guid checks that an ID is a GUID in lower case.
func (f *faults) guid(name, text string) string {
	switch lower := strings.ToLower(text); {
	case isGUID(text):
	case isGUID(lower):
		f.add("%s is %q: give it in lower case, as in tokens", name, text)
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

// label checks a string that becomes one label of a host name, such as the name
// of a team.
func (f *faults) label(name, text, domain string) string {
	if !isWord(text) {
		f.add("%s is %q: give only the name before .%s", name, text, domain)
	} else if text != strings.ToLower(text) {
		f.add("%s is %q: give it in lower case, as in tokens", name, text)
	}
	return text
}

// nonEmpty checks that there is at least one value, and that no value is empty.
func (f *faults) nonEmpty(name string, values []string, remedy string) []string {
	if len(values) == 0 || slices.Contains(values, "") {
		f.add("%s is empty or contains an empty string: give %s", name, remedy)
	}
	return values
}

// requireClient checks that a client is not nil.
func (f *faults) requireClient(client *introspect.Client, remedy string) *introspect.Client {
	if client == nil {
		f.add("client is nil: give the client that %s returns, and check its error", remedy)
	}
	return client
}
