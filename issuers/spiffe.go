package issuers

import (
	"strings"

	"github.com/bearerguard/bearerguard/middleware"
)

// SPIFFE accepts the JWT-SVIDs of a trust domain, such as example.org. These
// tokens have no iss. bundleURL is the URL of a bundle endpoint with the
// https_web profile. Only the bundle's keys for JWT-SVIDs are used. Workloads
// choose the audience when they fetch an SVID. If the server is configured to
// write iss, use [SPIFFEIssuer]. The tokens of every workload in the trust
// domain are accepted: restrict the callers with scopes.Claim("sub",
// "spiffe://example.org/web").
func SPIFFE(trustDomain, bundleURL string, audiences ...string) middleware.Issuer {
	f := &faults{function: "SPIFFE"}
	if trustDomain == "" || strings.Trim(trustDomain, "abcdefghijklmnopqrstuvwxyz0123456789.-_") != "" {
		f.add("trustDomain is %q: give its name in lower case such as example.org, without spiffe:// and slashes", trustDomain)
	}
	f.base("bundleURL", bundleURL)
	id := "spiffe://" + trustDomain
	return f.attach(middleware.Issuer{
		URL: id, SubjectPrefix: id + "/", KeysURL: bundleURL, KeyUse: []string{"jwt-svid"},
		Types: []string{"JOSE"}, Audiences: audiences, ClientIDClaims: []string{},
	})
}

// SPIFFEIssuer accepts JWT-SVIDs that contain iss. A SPIFFE server writes iss
// if jwt_issuer is set. issuer is the value of jwt_issuer. The OIDC discovery
// provider of the server must serve the keys at this URL. If the discovery
// provider serves several trust domains, the tokens of workloads in all these
// domains are accepted. Restrict the callers with scopes.Claim("sub", …).
func SPIFFEIssuer(issuer string, audiences ...string) middleware.Issuer {
	f := &faults{function: "SPIFFEIssuer"}
	if strings.HasPrefix(issuer, "spiffe://") {
		f.add("issuer is %q: give the URL in jwt_issuer; a trust domain is for SPIFFE", issuer)
	} else {
		f.base("issuer", issuer)
	}
	return f.attach(middleware.Issuer{URL: issuer, Types: []string{"JOSE"}, Audiences: audiences, ClientIDClaims: []string{}})
}
