package issuers

import (
	"strings"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
)

// ALBHeader is the value of Config.TokenHeader for [ALB].
const ALBHeader = "X-Amzn-Oidc-Data"

// Cognito accepts the access tokens of an Amazon Cognito user pool. region is
// the AWS region of the user pool, and pool is its ID, such as
// eu-west-1_AbC123dEf. Access tokens have token_use "access", and all other
// tokens are refused. clients are the IDs of the app clients whose tokens are
// accepted. The IDs are compared with client_id, since access tokens normally
// have no aud. If clients is empty, the verifier checks aud as usual. Cognito
// adds aud to a token only if the app client requested a resource.
func Cognito(region, pool string, clients ...string) middleware.Issuer {
	f := &faults{function: "Cognito"}
	pool = f.pathElement("pool", pool)
	if !isWord(region) || region != strings.ToLower(region) {
		f.add("region is %q: give its code, such as eu-west-1", region)
	}
	if !strings.HasPrefix(pool, region+"_") {
		f.add("pool is %q: give its ID, which begins with region: %s_AbC123dEf", pool, region)
	}
	i := middleware.Issuer{URL: "https://cognito-idp." + region + ".amazonaws.com/" + pool, Mark: "token_use=access"}
	return f.attach(withClientAudience(i, clients))
}

// withClientAudience returns a copy of the issuer i that checks client_id
// instead of aud. The client_id of a token must be one of clients. If clients
// is empty, the copy has no changes.
func withClientAudience(i middleware.Issuer, clients []string) middleware.Issuer {
	if len(clients) > 0 {
		i.AudienceClaim, i.Audiences = "client_id", clients
	}
	return i
}

// ALB accepts the tokens that an Application Load Balancer sends in [ALBHeader]
// to identify users to an application. issuer is the identity provider, and
// clientID is the client ID of the load balancer at this provider. client must
// come from introspect.ALB with the same issuer and client ID. The security
// group of the API must admit requests only from the load balancer. Tokens have
// no scopes, so use scopes.Claim to require claims of the user.
func ALB(client *introspect.Client, issuer, clientID string) middleware.Issuer {
	f := &faults{function: "ALB"}
	f.base("issuer", issuer)
	f.nonEmpty("clientID", []string{clientID}, "the client ID in the listener's rule")
	return f.attach(middleware.Issuer{
		URL: issuer, Audiences: []string{clientID}, OpaqueSyntax: middleware.VSCHAR,
		Introspection: f.requireClient(client, "introspect.ALB"), IntrospectionMode: middleware.IntrospectAll,
	})
}
