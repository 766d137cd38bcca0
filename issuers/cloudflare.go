package issuers

import (
	"strings"

	"github.com/bearerguard/bearerguard/middleware"
)

// CloudflareHeader is the value of Config.TokenHeader for [CloudflareAccess].
const CloudflareHeader = "Cf-Access-Jwt-Assertion"

// CloudflareAccess accepts the tokens that Cloudflare Access sends in
// [CloudflareHeader] to identify users and service tokens to an application.
// team is the name before .cloudflareaccess.com, and tags are the Application
// Audience (AUD) tags. Session tokens of the login page have the type "org" and
// are refused. The origin must admit requests only from Cloudflare. If the
// caller used a service token, sub is empty, and common_name is the client ID
// of the service token.
func CloudflareAccess(team string, tags ...string) middleware.Issuer {
	f := &faults{function: "CloudflareAccess"}
	team = f.label("team", team, "cloudflareaccess.com")
	for _, tag := range tags {
		if tag == "" || strings.Trim(tag, "0123456789abcdef") != "" {
			f.add("tag is %q: give the Application Audience (AUD) tag, 64 digits and letters from a to f", tag)
		}
	}
	url := "https://" + team + ".cloudflareaccess.com"
	return f.attach(middleware.Issuer{
		URL: url, KeysURL: url + "/cdn-cgi/access/certs", Mark: "type=app", Audiences: tags, ClientIDClaims: []string{"common_name"},
	})
}
