package interop_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/proof/program"
)

// dpopPolicy is a configuration of examples/api for DPoP (RFC 9449).
type dpopPolicy struct {
	name     string
	required bool // refuses bearer tokens
	nonces   bool
	path     string // path prefix that the proxy strips; "" means no proxy
}

var dpopPolicies = []dpopPolicy{
	{name: "with bearer tokens"},
	{name: "with nonces", nonces: true},
	{name: "required, with nonces, behind a proxy", required: true, nonces: true, path: "/v1"},
}

func (p dpopPolicy) env() []string {
	env := []string{"DPOP=on"}
	if p.required {
		env[0] = "DPOP=required"
	}
	if p.nonces {
		env = append(env, "DPOP_NONCES=1")
	}
	return env
}

// TestClientsProveTheKeysOfTheirTokens tests RFC 9449. oidc-provider issues
// bound tokens, and oauth4webapi and openid-client use them at the API. The
// first framework is tested with every policy. Each of the other frameworks is
// tested with only one policy.
func TestClientsProveTheKeysOfTheirTokens(t *testing.T) {
	as, built := startAuthServer(t), buildAPI(t)
	for i, framework := range frameworks {
		for j, policy := range dpopPolicies {
			if i > 0 && i%len(dpopPolicies) != j {
				continue
			}
			t.Run(framework+", "+policy.name, func(t *testing.T) {
				address := program.Address(t)
				url, env := "http://"+address, append(policy.env(), "LISTEN="+address, "FRAMEWORK="+framework, "ISSUER="+as.Issuer, "AUDIENCE="+audience,
					"INTROSPECTION_CLIENT_ID="+as.APIID, "INTROSPECTION_CLIENT_SECRET="+as.APISecret, "INTROSPECTION_MAX_TTL=0s")
				if policy.path != "" {
					url = newProxy(t, address, policy.path) + policy.path
					env = append(env, "ORIGIN="+url)
				}
				startAPI(t, built, env...)

				for _, library := range []string{"oauth4webapi", "openid-client"} {
					got := runClient(t, "dpop.mjs", map[string]string{
						"library": library, "issuer": as.Issuer, "clientID": as.ClientID, "secret": as.ClientSecret, "resource": audience, "api": url,
					})
					want := policy.want(as)
					for _, name := range slices.Sorted(maps.Keys(want)) {
						t.Run(library+", "+name, func(t *testing.T) { same(t, got[name], want[name]) })
					}
					if len(got) != len(want) {
						t.Errorf("%s: got %d flows, want %d", library, len(got), len(want))
					}
				}
			})
		}
	}
}

// want maps each flow of clients/dpop.mjs to the result that the script must
// print. The result contains the status of each answer. It also contains the
// challenges of the last answer or, if the last answer has none, the body of
// that answer.
func (p dpopPolicy) want(as *authServer) map[string]string {
	// refused returns the result for a refused request. dpop and bearer are the
	// error codes in the challenges of these schemes. "" means no error code.
	refused := func(status int, dpop, bearer string) string {
		challenges := strings.TrimSpace("dpop " + dpop)
		if !p.required {
			challenges += strings.TrimSpace(", bearer " + bearer)
		}
		return fmt.Sprintf(`["%d",%q]`, status, challenges)
	}
	ok := `["200",` + items + `]`
	afterNonce, withOldClock := ok, refused(401, "invalid_dpop_proof", "")
	if p.nonces {
		afterNonce = `["401 with a nonce","200",` + items + `]`
		withOldClock = afterNonce // a nonce shows that the proof is recent
	}
	unbound := `["200",` + items + `]`
	if p.required {
		unbound = refused(401, "invalid_token", "")
	}

	want := map[string]string{}
	for format, sub := range map[string]string{"JWT": as.ClientID, "opaque": ""} {
		flow := func(name, answers string) { want[format+", "+name] = answers }
		for _, alg := range []string{"ES256", "ES384", "PS256", "Ed25519", "EdDSA"} {
			flow(alg, fmt.Sprintf(`{"first":%s,"next":["200",{"status":"ok"}],"query":%s}`, afterNonce, ok))
		}
		flow("its claims", fmt.Sprintf(`["200",{"sub":%q,"client_id":%q,"iss":%q,"scopes":["items:read","items:write"]}]`, sub, as.ClientID, as.Issuer))
		flow("without the scope", refused(403, "insufficient_scope", ""))
		flow("sent as Bearer", refused(401, "invalid_token", "invalid_token"))
		flow("with the key of another client", refused(401, "invalid_token", ""))
		flow("a request sent again", fmt.Sprintf(`{"once":"200","again":%s}`, refused(401, "invalid_dpop_proof", "")))
		flow("a proof for another path", refused(401, "invalid_dpop_proof", ""))
		flow("a proof for another method", refused(401, "invalid_dpop_proof", ""))
		flow("a proof for another token", refused(401, "invalid_dpop_proof", ""))
		flow("a clock that is an hour slow", withOldClock)
		flow("an unknown nonce", afterNonce)
		flow("not bound, as Bearer", unbound)
		flow("not bound, with a proof", refused(401, "invalid_token", ""))
	}
	want["opaque, revoked"] = refused(401, "invalid_token", "")
	return want
}
