package issuers

import (
	"strings"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
)

// IAPHeader is the Config.TokenHeader for [GoogleIAP].
const IAPHeader = "X-Goog-Iap-Jwt-Assertion"

const (
	google      = "https://accounts.google.com"
	googleAlias = "accounts.google.com" // as some of its tokens have it
)

// GoogleID takes the ID tokens of Google's users, for callers that have nothing
// else. clients are the client IDs that users log in at. Google's access tokens are
// opaque: see [GoogleAccess]. Anybody with a Google account can log in: require the
// claim hd, with scopes.Claim, for users of one Workspace domain.
func GoogleID(clients ...string) middleware.Issuer {
	f := &faults{function: "GoogleID"}
	return f.in(middleware.Issuer{
		URL: google, Aliases: []string{googleAlias}, Purpose: middleware.IDTokens, ClientIDClaims: []string{"azp"},
		Audiences: f.some("clients", clients, "client IDs such as 123-abc.apps.googleusercontent.com"),
	})
}

// GoogleAccess asks Google about its opaque access tokens (ya29.…), with a client of
// introspect.Google for the same clients. Tokens have the scopes of Google's own APIs,
// and anybody with a Google account can have one. For ID tokens besides, set
// Introspection of [GoogleID] instead.
func GoogleAccess(client *introspect.Client, clients ...string) middleware.Issuer {
	f := &faults{function: "GoogleAccess"}
	return f.in(middleware.Issuer{
		URL:           google,
		Audiences:     f.some("clients", clients, "client IDs such as 123-abc.apps.googleusercontent.com"),
		Introspection: f.asked(client, "introspect.Google"), IntrospectionMode: middleware.IntrospectAll,
	})
}

// PubSubPush takes the tokens that Pub/Sub sends with a push subscription. The
// subscription must have authentication enabled, with serviceAccount and an audience:
// by default that is the URL of the endpoint. The token must be of that account,
// since everybody who has a project at Google can make an account and get a token
// for any audience.
func PubSubPush(serviceAccount string, audiences ...string) middleware.Issuer {
	f := &faults{function: "PubSubPush"}
	name, domain, _ := strings.Cut(serviceAccount, "@")
	if name == "" || !strings.HasSuffix(domain, ".gserviceaccount.com") || strings.Contains(serviceAccount, ":") {
		f.add("serviceAccount is %q: give its email address such as push@project.iam.gserviceaccount.com", serviceAccount)
	}
	i := CloudRun(audiences...)
	i.Mark = "email=" + serviceAccount
	return f.in(i)
}

// CloudRun takes the ID tokens with which service accounts of Google call each other,
// on Cloud Run and elsewhere. The audience is what the caller asks for, by custom the
// URL of the service. Everybody who has a project at Google can get such a token for
// any audience, so require the callers on each route, with scopes.Claim("email", …).
// Where Cloud Run requires authentication itself, it takes the signature away, and
// the token cannot be verified again.
func CloudRun(audiences ...string) middleware.Issuer {
	return middleware.Issuer{URL: google, Aliases: []string{googleAlias}, Audiences: audiences, ClientIDClaims: []string{"azp"}}
}

// GoogleIAP takes the tokens that Identity-Aware Proxy sends about users and service
// accounts, in [IAPHeader]. An audience is that of a backend service, such as
// /projects/123/global/backendServices/456, of an app, or of a service on Cloud Run.
// Route all traffic through the proxy: what reaches the service in another way has no
// token, and is refused.
func GoogleIAP(audiences ...string) middleware.Issuer {
	f := &faults{function: "GoogleIAP"}
	for _, audience := range audiences {
		if !strings.HasPrefix(audience, "/projects/") {
			f.add("audience is %q: give the Signed Header JWT Audience such as /projects/123/global/backendServices/456", audience)
		}
	}
	return f.in(middleware.Issuer{
		URL: "https://cloud.google.com/iap", KeysURL: "https://www.gstatic.com/iap/verify/public_key-jwk",
		Algorithms: []string{"ES256"}, Audiences: audiences, ClientIDClaims: []string{},
	})
}

// Firebase takes the ID tokens of Firebase Authentication, or Identity Platform, of a
// project. Session cookies and custom tokens have another iss. Anonymous users have
// tokens too: where they may not call, require the ways of login that may, with
// scopes.Claim("/firebase/sign_in_provider", …). Users of all tenants of the project
// pass: require one with scopes.Claim("/firebase/tenant", …).
func Firebase(project string) middleware.Issuer {
	f := &faults{function: "Firebase"}
	project = f.part("project", project)
	if strings.HasPrefix(project, "1:") || strings.Trim(project, "0123456789") == "" {
		f.add("project is %q: give the project ID such as shop-4711, not its number or an app ID", project)
	}
	return f.in(middleware.Issuer{URL: "https://securetoken.google.com/" + project, Audiences: []string{project}, ClientIDClaims: []string{}})
}
