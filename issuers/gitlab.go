package issuers

import (
	"strings"

	"github.com/bearerguard/bearerguard/middleware"
)

// GitLabCI accepts the ID tokens of the CI jobs of GitLab at base, such as
// https://gitlab.com. A job sets the audience under id_tokens. namespace is the
// path of the group or user that directly contains the project, such as
// acme/shop. Projects in subgroups of this group do not match. If namespace is
// "", the tokens of all namespaces are accepted. For gitlab.com, "" is refused.
// Pipelines of merge requests and of unprotected branches have tokens too:
// require scopes.Claim("ref_protected", "true") on routes that such pipelines
// must not call.
func GitLabCI(base, namespace string, audiences ...string) middleware.Issuer {
	f := &faults{function: "GitLabCI"}
	i := middleware.Issuer{URL: f.base("base", base), Audiences: audiences}
	switch {
	case strings.Trim(namespace, "/") != namespace || strings.ContainsAny(namespace, ":*?# "):
		f.add("namespace is %q: give the path of your group, such as acme/shop, without https:// and slashes around it", namespace)
	case namespace != "":
		i.Mark = "namespace_path=" + namespace
	case i.URL == "https://gitlab.com":
		f.add("namespace is empty: give the path of your group, since every project on gitlab.com can have a token for the API")
	}
	return f.attach(i)
}
