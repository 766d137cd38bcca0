package issuers

import (
	"strings"

	"github.com/bearerguard/bearerguard/middleware"
)

// Supabase accepts the access tokens of a Supabase project. ref is the
// reference of the project. The project must sign with asymmetric keys (JWT
// signing keys). If it still signs with the old shared secret, its key set is
// empty. To accept both kinds of tokens during the migration, set
// Issuer.Secrets to a source with the old secret. aud is "authenticated" for
// all users. The tokens of anonymous users have the claim is_anonymous with the
// value true, which the API must check. The API keys anon and service_role are
// JWTs too, but are refused because their issuer is "supabase". If a project
// has a custom domain, its tokens have that domain in iss: change Issuer.URL
// and Issuer.KeysURL.
func Supabase(ref string) middleware.Issuer {
	f := &faults{function: "Supabase"}
	ref = f.id("ref", ref, "", "abcdefghijklmnopqrst, without https:// and .supabase.co")
	if ref != strings.ToLower(ref) {
		f.add("ref is %q: give it in lower case, as in tokens", ref)
	}
	url := "https://" + ref + ".supabase.co/auth/v1"
	return f.attach(middleware.Issuer{URL: url, KeysURL: url + "/.well-known/jwks.json", Audiences: []string{"authenticated"}})
}
