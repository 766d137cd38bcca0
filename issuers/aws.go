package issuers

import (
	"strings"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
)

// ALBHeader is the Config.TokenHeader for [ALB].
const ALBHeader = "X-Amzn-Oidc-Data"

// Cognito is a user pool of Amazon Cognito in region, with the ID pool, such as
// eu-west-1_AbC123dEf. It takes access tokens, which have token_use "access". clients
// are the IDs of the app clients whose tokens are accepted: access tokens have
// client_id, and no aud. Without clients the audience is aud as usual, which tokens
// have only if the client asked for a resource.
func Cognito(region, pool string, clients ...string) middleware.Issuer {
	f := &faults{function: "Cognito"}
	pool = f.part("pool", pool)
	if !isWord(region) || region != strings.ToLower(region) {
		f.add("region is %q: give its code such as eu-west-1", region)
	}
	if !strings.HasPrefix(pool, region+"_") {
		f.add("pool is %q: give its ID, which begins with region: %s_AbC123dEf", pool, region)
	}
	i := middleware.Issuer{URL: "https://cognito-idp." + region + ".amazonaws.com/" + pool, Mark: "token_use=access"}
	return f.in(ofClients(i, clients))
}

// ofClients has an issuer name its clients where others name the API.
func ofClients(i middleware.Issuer, clients []string) middleware.Issuer {
	if len(clients) > 0 {
		i.AudienceClaim, i.Audiences = "client_id", clients
	}
	return i
}

// ALB takes what an Application Load Balancer sends about a user who has logged in
// there, in [ALBHeader]. client is of introspect.ALB, for the same issuer, the
// identity provider, and clientID, which the load balancer has there. Let the
// security group of the API admit only the load balancer. No token has scopes, so
// require claims of the user, with scopes.Claim.
func ALB(client *introspect.Client, issuer, clientID string) middleware.Issuer {
	f := &faults{function: "ALB"}
	f.base("issuer", issuer)
	f.some("clientID", []string{clientID}, "the client ID in the listener's rule")
	return f.in(middleware.Issuer{
		URL: issuer, Audiences: []string{clientID}, OpaqueSyntax: middleware.VSCHAR,
		Introspection: f.asked(client, "introspect.ALB"), IntrospectionMode: middleware.IntrospectAll,
	})
}
