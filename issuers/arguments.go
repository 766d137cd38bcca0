package issuers

import (
	"slices"

	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/bearerguard/bearerguard/introspect"

	"github.com/bearerguard/bearerguard/middleware"
)

// faults collects what is wrong with the arguments of a function.
type faults struct {
	function string
	list     []error
}

func (f *faults) add(format string, args ...any) {
	f.list = append(f.list, fmt.Errorf("issuers."+f.function+": "+format, args...))
}

// in reports the faults with the issuer.
func (f *faults) in(i middleware.Issuer) middleware.Issuer {
	i.Fault = errors.Join(f.list...)
	return i
}

// base is a URL without a slash at the end, such as that of a server.
func (f *faults) base(name, text string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		f.add("%s is %q: give a URL such as https://id.example.com", name, text)
	case strings.ContainsAny(text, "?#") || u.User != nil:
		f.add("%s is %q: give it without user, query and fragment", name, text)
	case strings.Contains(u.Path, "/.well-known/") && name != "bundleURL":
		f.add("%s is %q: give it without /.well-known/ and what follows", name, text)
	case !strings.HasPrefix(text, u.Scheme):
		f.add("%s is %q: give it with %s:// in lower case", name, text, u.Scheme)
	case !isURLText(text):
		f.add("%s is %q: give it without spaces, and as ASCII", name, text)
	}
	return strings.TrimRight(text, "/")
}

// isURLText reports whether a URL may have all characters of a text as they are.
func isURLText(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"<>\^{|}`+"`", r) })
}

// host is the name of a host, without a scheme or path. Tokens have it in lower case.
func (f *faults) host(name, text string) string {
	domain, port, hasPort := strings.Cut(text, ":")
	isHost := !strings.Contains("."+domain+".", "..") && isWord(strings.ReplaceAll(domain, ".", ""))
	switch isPort := port != "" && strings.Trim(port, "0123456789") == ""; {
	case !isHost || hasPort && !isPort:
		f.add("%s is %q: give the name of a host such as tenant.example.com, without https:// and slashes", name, text)
	case text != strings.ToLower(text):
		f.add("%s is %q: give it in lower case, as tokens have it", name, text)
	}
	return text
}

// part is one element of a path, such as the name of a realm.
func (f *faults) part(name, text string) string {
	if text == "" || text == "." || text == ".." || strings.ContainsAny(text, "/?#") || !isURLText(text) {
		f.add("%s is %q: give it as it stands in the URL, without slashes", name, text)
	}
	return text
}

// identifier is the argument issuer, which only the server's configuration knows. A
// slash at its end counts, so it stays as it is.
func (f *faults) identifier(issuer string) string {
	u, err := url.Parse(issuer)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		f.add("issuer is %q: give the URL that the server's metadata has as issuer, such as https://id.example.com", issuer)
	case strings.Contains(u.Path, "/.well-known/"):
		f.add("issuer is %q: give the issuer that stands in that document, without /.well-known/", issuer)
	case strings.ContainsAny(issuer, "?#") || u.User != nil:
		f.add("issuer is %q: give it without user, query and fragment", issuer)
	case !isURLText(issuer):
		f.add("issuer is %q: give it without spaces, and as ASCII", issuer)
	}
	return issuer
}

// before is a base URL to which a path is added.
func (f *faults) before(name, text, path string) string {
	whole := f.base(name, text)
	if strings.HasSuffix(whole, path) || strings.Contains(whole, path+"/") {
		f.add("%s is %q: leave out %s and what follows, which is added", name, text, path)
	}
	return whole
}

// id is an identifier of one word, which begins with a prefix that its provider
// gives to all of the kind.
func (f *faults) id(name, text, prefix, example string) string {
	if !strings.HasPrefix(text, prefix) || text == prefix || !isWord(text) {
		f.add("%s is %q: give an ID such as %s", name, text, example)
	}
	return text
}

// isWord reports whether a text has letters, digits, "-" and "_", and nothing else.
func isWord(text string) bool {
	const word = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune(word, r) })
}

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
	if !isWord(text) {
		f.add("%s is %q: give only the name before .%s", name, text, domain)
	} else if text != strings.ToLower(text) {
		f.add("%s is %q: give it in lower case, as tokens have it", name, text)
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
