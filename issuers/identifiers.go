package issuers

import (
	"net/url"
	"strings"
)

// identifier is the argument issuer, which only the server's configuration knows. A
// slash at its end counts, so it stays as it is.
func (f *faults) identifier(issuer string) string {
	u, err := url.Parse(issuer)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		f.add("issuer is %q: give the URL that the server's metadata has as issuer, such as https://id.example.com", issuer)
	case strings.Contains(u.Path, "/.well-known/"):
		f.add("issuer is %q: give the issuer that stands in that document, without /.well-known/", issuer)
	case u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		f.add("issuer is %q: give it without user, query and fragment", issuer)
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
