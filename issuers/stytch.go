package issuers

import (
	"strings"

	"github.com/bearerguard/bearerguard/middleware"
)

// Stytch accepts the session and access tokens of the Stytch project with this
// ID. base is https://api.stytch.com, https://test.stytch.com for a test
// project, or the project's custom domain. A custom domain is also accepted as
// the issuer. A project for organizations (B2B) has its keys at another URL:
// change Issuer.KeysURL. Session tokens expire after five minutes, so the
// client must refresh them.
func Stytch(project, base string) middleware.Issuer {
	f := &faults{function: "Stytch"}
	project = f.id("project", project, "project-", "project-live-6ba7b810-9dad-11d1-80b4-00c04fd430c8")
	base = f.baseBefore("base", base, "/v1/sessions")
	i := middleware.Issuer{URL: "stytch.com/" + project, KeysURL: base + "/v1/sessions/jwks/" + project, Audiences: []string{project}}
	isTest := strings.HasPrefix(project, "project-test-")
	switch {
	case isTest && base == "https://api.stytch.com":
		f.add("project is %q and base %q: a test project has the base https://test.stytch.com", project, base)
	case !isTest && base == "https://test.stytch.com":
		f.add("project is %q and base %q: only a test project has this base, use https://api.stytch.com", project, base)
	case !strings.HasSuffix(base, ".stytch.com"):
		i.Aliases = []string{base}
	}
	return f.attach(i)
}
