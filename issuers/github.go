package issuers

import (
	"strings"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
)

const gitHubActions = "https://token.actions.githubusercontent.com"

// GitHubActions accepts the tokens of the workflows of a user or organization
// on github.com. owner is the name of this account. A job needs the permission
// id-token: write, and specifies the audience when it requests a token. Any
// workflow on GitHub can choose any audience, so the audience does not prove
// the owner of the workflow. The verifier therefore checks the claim
// repository_owner. The tokens of all repositories of the account are accepted:
// require a repository or an environment with scopes.Claim. If the account is
// renamed or deleted, another account can take its name. To refuse the tokens
// of that other account, set Mark to "repository_owner_id=…".
func GitHubActions(owner string, audiences ...string) middleware.Issuer {
	f := &faults{function: "GitHubActions"}
	if owner = f.pathElement("owner", owner); strings.HasPrefix(owner, "@") {
		f.add("owner is %q: give the name of a user or organization, such as acme", owner)
	}
	return f.attach(middleware.Issuer{URL: gitHubActions, Mark: "repository_owner=" + owner, Audiences: audiences})
}

// GitHubActionsEnterprise accepts the tokens of the workflows of an enterprise
// on github.com. enterprise is its slug. The enterprise must have a custom
// issuer (include_enterprise_slug of the REST API). Otherwise its workflows
// have the same iss as all other workflows on GitHub. The tokens of all
// repositories of the enterprise are accepted: require further claims with
// scopes.Claim.
func GitHubActionsEnterprise(enterprise string, audiences ...string) middleware.Issuer {
	f := &faults{function: "GitHubActionsEnterprise"}
	if strings.Contains(enterprise, ".") {
		f.add("enterprise is %q: give its slug, or use GitHubActionsServer for a host", enterprise)
	} else {
		enterprise = f.pathElement("enterprise", enterprise)
	}
	return f.attach(middleware.Issuer{URL: gitHubActions + "/" + enterprise, Audiences: audiences})
}

// GitHubActionsServer accepts the tokens of the workflows on one host. host is
// a GitHub Enterprise Server, or the domain of an enterprise with data
// residency, such as octocorp.ghe.com. The API must be able to fetch the keys
// from host. The tokens of all repositories of the server are accepted: require
// further claims with scopes.Claim.
func GitHubActionsServer(host string, audiences ...string) middleware.Issuer {
	f := &faults{function: "GitHubActionsServer"}
	url := "https://" + f.host("host", host) + "/_services/token"
	switch {
	case host == "github.com" || strings.HasSuffix(host, ".github.com") || strings.HasSuffix(host, ".githubusercontent.com"):
		f.add("host is %q: use GitHubActions for workflows on github.com", host)
	case strings.HasSuffix(host, ".ghe.com"):
		url = "https://token.actions." + host
	}
	return f.attach(middleware.Issuer{URL: url, Audiences: audiences})
}

// GitHub introspects the opaque tokens (gho_, ghu_) of an OAuth app or a GitHub
// App at GitHub. client must come from introspect.GitHub with the same
// clientID. Tokens of other apps and personal access tokens are refused. Any
// user with a GitHub account can log in to the app. The token identifies the
// user. The scopes of the token are only for GitHub's own API.
func GitHub(client *introspect.Client, clientID string) middleware.Issuer {
	f := &faults{function: "GitHub"}
	f.nonEmpty("clientID", []string{clientID}, "the client ID of the app, such as Iv1.0123456789abcdef")
	return f.attach(middleware.Issuer{
		URL: "https://github.com/login/oauth", Audiences: []string{clientID},
		Introspection: f.requireClient(client, "introspect.GitHub"), IntrospectionMode: middleware.IntrospectAll,
	})
}
