package issuers

import (
	"strings"

	"github.com/bearerguard/bearerguard/middleware"
)

// Supabase is a Supabase project, by its reference. It must sign with
// asymmetric keys (JWT signing keys): its key set is empty while it signs with
// the old secret. Set Issuer.Secrets to accept both during the change. aud is
// "authenticated" for all users, including anonymous ones: their tokens have
// is_anonymous true, which the API must check. The keys anon and service_role
// are refused, since their issuer is "supabase". The tokens of a project with a
// custom domain have that domain in iss: change Issuer.URL and Issuer.KeysURL.
func Supabase(ref string) middleware.Issuer {
	f := &faults{function: "Supabase"}
	ref = f.id("ref", ref, "", "abcdefghijklmnopqrst, without https:// and .supabase.co")
	if ref != strings.ToLower(ref) {
		f.add("ref is %q: give it in lower case, as in tokens", ref)
	}
	url := "https://" + ref + ".supabase.co/auth/v1"
	return f.attach(middleware.Issuer{URL: url, KeysURL: url + "/.well-known/jwks.json", Audiences: []string{"authenticated"}})
}
