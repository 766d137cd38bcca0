package issuers

import (
	"strings"

	"github.com/bearerguard/bearerguard/middleware"
)

// PingOne accepts the access tokens of an environment of PingOne. environment
// is the ID of the environment, and region is the end of its domain: com, eu,
// ca, asia or com.au. audiences are the audiences of custom resources. Clients
// must request a scope of a custom resource. Without such a scope, the token is
// for the PingOne API. If an environment has a custom domain, iss contains that
// domain: change Issuer.URL.
func PingOne(environment, region string, audiences ...string) middleware.Issuer {
	f := &faults{function: "PingOne"}
	environment = f.guid("environment", environment)
	if region == "" || strings.HasPrefix(region, ".") || strings.Contains(region, "..") || !isWord(strings.ReplaceAll(region, ".", "")) || region != strings.ToLower(region) {
		f.add("region is %q: give the end of the domain auth.pingone.com, such as com, eu or com.au, without a dot before it", region)
	}
	return f.attach(middleware.Issuer{URL: "https://auth.pingone." + region + "/" + environment + "/as", Audiences: audiences})
}

// PingFederate accepts the access tokens of a PingFederate server. issuer is
// the issuer in its metadata. The server's access token manager must be of the
// kind JSON Web Token, and must have a signing key, an audience, an issuer and
// a key ID. PingFederate itself does not require these settings. Reference
// tokens need Issuer.Introspection. PingFederate's grant "validate token" is
// not introspection.
func PingFederate(issuer string, audiences ...string) middleware.Issuer {
	f := &faults{function: "PingFederate"}
	return f.attach(middleware.Issuer{URL: f.identifier(issuer), Audiences: audiences})
}

// PingAM accepts the access tokens of a realm of PingAM, or of ForgeRock AM.
// issuer is the issuer in the metadata of the realm, such as
// https://am.example.com:443/am/oauth2/realms/root/realms/alpha. It contains
// the port, even if the port is 443. The realm's OAuth2 provider must use
// client-based tokens with an asymmetric algorithm. aud is the client's ID, so
// clients are the IDs of the clients that may call the API. ID and refresh
// tokens have the same issuer and keys, but are refused because of their
// tokenName.
func PingAM(issuer string, clients ...string) middleware.Issuer {
	f := &faults{function: "PingAM"}
	issuer = f.identifier(issuer)
	if !strings.Contains(issuer, "/oauth2") {
		f.add("issuer is %q: give it with /oauth2 and the realm, such as https://am.example.com:443/am/oauth2/realms/root", issuer)
	}
	return f.attach(middleware.Issuer{URL: issuer, Audiences: clients, Mark: "tokenName=access_token"})
}
