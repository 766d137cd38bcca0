package issuers

import (
	"strings"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
)

const gitHubActions = "https://token.actions.githubusercontent.com"

// GitHubActions takes the tokens of workflows of owner, a user or organization on
// github.com. A job needs the permission id-token: write, and names the audience, the
// API, when it asks for a token. Any workflow at GitHub may name any audience, so the
// claim repository_owner decides. All repositories of owner pass: require one, or an
// environment, with scopes.Claim. A name that was given up can be taken by others:
// set Mark to "repository_owner_id=…" if that matters.
func GitHubActions(owner string, audiences ...string) middleware.Issuer {
	f := &faults{function: "GitHubActions"}
	if owner = f.part("owner", owner); strings.HasPrefix(owner, "@") {
		f.add("owner is %q: give the name of a user or organization such as acme", owner)
	}
	return f.in(middleware.Issuer{URL: gitHubActions, Mark: "repository_owner=" + owner, Audiences: audiences})
}

// GitHubActionsEnterprise takes the tokens of workflows of an enterprise on
// github.com, whose slug is enterprise. The enterprise must have an issuer of its own
// (include_enterprise_slug of the REST API). Without it iss is that of everybody. All
// repositories of the enterprise pass: require more with scopes.Claim.
func GitHubActionsEnterprise(enterprise string, audiences ...string) middleware.Issuer {
	f := &faults{function: "GitHubActionsEnterprise"}
	if strings.Contains(enterprise, ".") {
		f.add("enterprise is %q: give its slug; a host is for GitHubActionsServer", enterprise)
	} else {
		enterprise = f.part("enterprise", enterprise)
	}
	return f.in(middleware.Issuer{URL: gitHubActions + "/" + enterprise, Audiences: audiences})
}

// GitHubActionsServer takes the tokens of workflows of GitHub Enterprise Server at
// host, or of an enterprise with data residency at host, such as octocorp.ghe.com. The
// API must reach host for its keys. All repositories of the server pass: require
// more with scopes.Claim.
func GitHubActionsServer(host string, audiences ...string) middleware.Issuer {
	f := &faults{function: "GitHubActionsServer"}
	url := "https://" + f.host("host", host) + "/_services/token"
	switch {
	case host == "github.com" || strings.HasSuffix(host, ".github.com") || strings.HasSuffix(host, ".githubusercontent.com"):
		f.add("host is %q: workflows on github.com are for GitHubActions", host)
	case strings.HasSuffix(host, ".ghe.com"):
		url = "https://token.actions." + host
	}
	return f.in(middleware.Issuer{URL: url, Audiences: audiences})
}

// GitHub asks GitHub about the opaque tokens (gho_, ghu_) of an OAuth app or a GitHub
// App, with a client of introspect.GitHub for the same clientID. Tokens of other apps
// and personal access tokens are refused. Anybody with an account can log in at the
// app: the token proves who the user is, and its scopes are those of GitHub's own API.
func GitHub(client *introspect.Client, clientID string) middleware.Issuer {
	f := &faults{function: "GitHub"}
	f.some("clientID", []string{clientID}, "the client ID of the app such as Iv1.0123456789abcdef")
	return f.in(middleware.Issuer{
		URL: "https://github.com/login/oauth", Audiences: []string{clientID},
		Introspection: f.asked(client, "introspect.GitHub"), IntrospectionMode: middleware.IntrospectAll,
	})
}
