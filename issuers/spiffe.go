package issuers

import (
	"strings"

	"github.com/bearerguard/bearerguard/middleware"
)

// SPIFFE takes the JWT-SVIDs of a trust domain, such as example.org, which have
// no iss. bundleURL is the bundle endpoint with the https_web profile; only its
// keys for JWT-SVIDs are used. Workloads name the audience when they fetch an
// SVID. A server that is configured to write iss is for [SPIFFEIssuer]. Every
// workload of the trust domain passes: require callers with scopes.Claim("sub",
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

// SPIFFEIssuer takes JWT-SVIDs with iss, from the server's setting jwt_issuer.
// Its OIDC discovery provider serves the keys at issuer. Workloads of every
// trust domain that it serves pass: require callers with scopes.Claim("sub",
// …).
func SPIFFEIssuer(issuer string, audiences ...string) middleware.Issuer {
	f := &faults{function: "SPIFFEIssuer"}
	if strings.HasPrefix(issuer, "spiffe://") {
		f.add("issuer is %q: give the URL in jwt_issuer; a trust domain is for SPIFFE", issuer)
	} else {
		f.base("issuer", issuer)
	}
	return f.attach(middleware.Issuer{URL: issuer, Types: []string{"JOSE"}, Audiences: audiences, ClientIDClaims: []string{}})
}
