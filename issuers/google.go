package issuers

import (
	"strings"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
)

// IAPHeader is the value of Config.TokenHeader for [GoogleIAP].
const IAPHeader = "X-Goog-Iap-Jwt-Assertion"

const (
	google      = "https://accounts.google.com"
	googleAlias = "accounts.google.com" // the value of iss in some tokens
)

// GoogleID accepts the ID tokens of Google's users, for callers that have no
// access token for the API. clients are the client IDs of the applications in
// which users log in. Google's access tokens are opaque: see [GoogleAccess].
// Any user with a Google account can log in: to accept only users of one
// Workspace domain, require the claim hd with scopes.Claim.
func GoogleID(clients ...string) middleware.Issuer {
	f := &faults{function: "GoogleID"}
	return f.attach(middleware.Issuer{
		URL: google, Aliases: []string{googleAlias}, Purpose: middleware.IDTokens, ClientIDClaims: []string{"azp"},
		Audiences: f.nonEmpty("clients", clients, "client IDs such as 123-abc.apps.googleusercontent.com"),
	})
}

// GoogleAccess introspects opaque access tokens (ya29.…) at Google. client must
// come from introspect.Google with the same clients. The scopes of the tokens
// are scopes of Google's own APIs, and any user with a Google account can get a
// token. To accept both ID tokens and access tokens, use [GoogleID] instead,
// and set Introspection of the returned issuer to client.
func GoogleAccess(client *introspect.Client, clients ...string) middleware.Issuer {
	f := &faults{function: "GoogleAccess"}
	return f.attach(middleware.Issuer{
		URL:           google,
		Audiences:     f.nonEmpty("clients", clients, "client IDs such as 123-abc.apps.googleusercontent.com"),
		Introspection: f.requireClient(client, "introspect.Google"), IntrospectionMode: middleware.IntrospectAll,
	})
}

// PubSubPush accepts the tokens that Pub/Sub sends with a push subscription.
// The subscription must have authentication enabled, with serviceAccount and an
// audience. By default, the audience is the URL of the endpoint. Only tokens of
// serviceAccount are accepted, since any Google Cloud project can create a
// service account and get a token for any audience.
func PubSubPush(serviceAccount string, audiences ...string) middleware.Issuer {
	f := &faults{function: "PubSubPush"}
	name, domain, _ := strings.Cut(serviceAccount, "@")
	if name == "" || !strings.HasSuffix(domain, ".gserviceaccount.com") || strings.Contains(serviceAccount, ":") {
		f.add("serviceAccount is %q: give its email address, such as push@project.iam.gserviceaccount.com", serviceAccount)
	}
	i := CloudRun(audiences...)
	i.Mark = "email=" + serviceAccount
	return f.attach(i)
}

// CloudRun accepts the ID tokens of Google service accounts, for calls between
// services on Cloud Run and elsewhere. The caller chooses the audience, usually
// the URL of the called service. Any Google Cloud project can get such a token
// for any audience, so restrict the callers on each route with
// scopes.Claim("email", …). If Cloud Run itself requires authentication, it
// removes the signature, and the API cannot verify the token.
func CloudRun(audiences ...string) middleware.Issuer {
	return middleware.Issuer{URL: google, Aliases: []string{googleAlias}, Audiences: audiences, ClientIDClaims: []string{"azp"}}
}

// GoogleIAP accepts the tokens that Identity-Aware Proxy sends in [IAPHeader]
// to identify users and service accounts to an application. An audience
// identifies an app, a service on Cloud Run, or a backend service (such as
// /projects/123/global/backendServices/456). Route all traffic through the
// proxy: requests that bypass the proxy have no token and are refused.
func GoogleIAP(audiences ...string) middleware.Issuer {
	f := &faults{function: "GoogleIAP"}
	for _, audience := range audiences {
		if !strings.HasPrefix(audience, "/projects/") {
			f.add("audience is %q: give the Signed Header JWT Audience, such as /projects/123/global/backendServices/456", audience)
		}
	}
	return f.attach(middleware.Issuer{
		URL: "https://cloud.google.com/iap", KeysURL: "https://www.gstatic.com/iap/verify/public_key-jwk",
		Algorithms: []string{"ES256"}, Audiences: audiences, ClientIDClaims: []string{},
	})
}

// Firebase accepts the ID tokens that Firebase Authentication, or Identity
// Platform, issues for a project. Session cookies and custom tokens are refused
// because of the value of iss. Anonymous users have tokens too. To refuse
// anonymous users, require one of the accepted sign-in providers with
// scopes.Claim("/firebase/sign_in_provider", …). Users of all tenants of the
// project are accepted. To accept only one tenant, require it with
// scopes.Claim("/firebase/tenant", …).
func Firebase(project string) middleware.Issuer {
	f := &faults{function: "Firebase"}
	project = f.pathElement("project", project)
	if strings.HasPrefix(project, "1:") || strings.Trim(project, "0123456789") == "" {
		f.add("project is %q: give the project ID, such as shop-4711, not its number or an app ID", project)
	}
	return f.attach(middleware.Issuer{URL: "https://securetoken.google.com/" + project, Audiences: []string{project}, ClientIDClaims: []string{}})
}
