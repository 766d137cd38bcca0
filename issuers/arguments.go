package issuers

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

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
	case u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		f.add("%s is %q: give it without user, query and fragment", name, text)
	}
	return strings.TrimRight(text, "/")
}

// host is the name of a host, without a scheme or path.
func (f *faults) host(name, text string) string {
	if text == "" || strings.ContainsAny(text, "/?#@ ") {
		f.add("%s is %q: give the name of a host such as tenant.example.com, without https:// and slashes", name, text)
	}
	return text
}

// part is one element of a path, such as the name of a realm.
func (f *faults) part(name, text string) string {
	if text == "" || strings.ContainsAny(text, "/?# ") {
		f.add("%s is %q: give it as it stands in the URL, without slashes", name, text)
	}
	return text
}
