package interop_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestClientsBindTheirTokensToKeys tests RFC 9449 with oauth4webapi and
// openid-client. Both libraries get bound tokens from the mock server, refresh
// them, and use them at the server's UserInfo endpoint and at an API.
func TestClientsBindTheirTokensToKeys(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(config, []byte(`{"clients":[{"id":"required","secret":"required","dpop_bound_access_tokens":true}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	built := buildAPI(t)
	for name, nonces := range map[string]bool{"without nonces": false, "with nonces": true} {
		t.Run(name, func(t *testing.T) {
			flags, env := []string{"--config", config}, []string{"AUDIENCE=api"}
			if nonces {
				flags, env = append(flags, "--dpop-nonces"), append(env, "DPOP_NONCES=1")
			}
			as := startMock(t, flags...)
			api := startAPI(t, built, append(env, "ISSUER="+as.Issuer)...)
			want := wantOfDPoPClients(nonces)
			for _, library := range []string{"oauth4webapi", "openid-client"} {
				got := runClient(t, "dpop_server.mjs", map[string]string{"library": library, "issuer": as.Issuer, "api": api.url})
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

// wantOfDPoPClients returns what clients/dpop_server.mjs prints for each flow.
func wantOfDPoPClients(nonces bool) map[string]string {
	want := map[string]string{}
	// asked contains the paths that demand a nonce. It is ignored if nonces is
	// false.
	flow := func(name, answers, asked string) {
		if !nonces {
			asked = ""
		}
		want[name] = fmt.Sprintf(`{%s,"asked":[%s]}`, answers, asked)
	}
	const (
		token     = `"/token"`
		pushed    = `"/par"`
		resources = `,"/items","/userinfo"`

		atAPI      = `"bearer":"401 dpop invalid_token, bearer invalid_token","other":"401 dpop invalid_token, bearer","again":"401 dpop invalid_dpop_proof, bearer"`
		atUserInfo = `"bearer":"401 dpop invalid_token","other":"401 dpop invalid_dpop_proof","again":"401 dpop invalid_dpop_proof"`
		ofUser     = `"type":"dpop","bound":true,"refresh":true,"api":{"own":"accepted",` + atAPI + `},"userinfo":{"own":"accepted",` + atUserInfo + `}`
		ofClient   = `"type":"dpop","bound":true,"refresh":false,"api":{"own":"accepted",` + atAPI + `},"userinfo":{"own":"403 dpop insufficient_scope",` + atUserInfo + `}`

		onlyOwn = `"other":"400 invalid_grant","bearer":"400 invalid_dpop_proof","own":"dpop"`
		refused = `"own":"400 invalid_dpop_proof"`
	)
	for _, client := range []string{"confidential", "public"} {
		flow(client+", code", ofUser, token+resources)
		flow(client+", code, other keys", `"other":"dpop","bearer":"400 invalid_grant","own":"400 invalid_grant"`, token) // any key may redeem this code, once
		flow(client+", code with dpop_jkt", ofUser, token+resources)
		flow(client+", code with dpop_jkt, other keys", onlyOwn, token)
		for _, way := range []string{"pushed code", "pushed code with dpop_jkt"} {
			flow(client+", "+way, ofUser, pushed+resources)
			flow(client+", "+way+", other keys", onlyOwn, pushed+","+token)
		}
		flow(client+", pushed code with dpop_jkt of another key", `"pushed":"400 invalid_request"`, pushed)
		flow(client+", refresh", ofUser, token+resources)
	}
	flow("public, refresh, other keys", onlyOwn, token)
	flow("confidential, refresh, other keys", `"other":"dpop","bearer":"bearer","own":"dpop"`, token)
	flow("confidential, refresh with a new key", ofUser, token+resources)
	for alg := range strings.FieldsSeq("ES256 ES384 ES512 PS256 RS256 Ed25519") {
		flow("confidential, client credentials, "+alg, ofClient, token+resources)
	}
	flow("required, client credentials", `"bearer":"400 invalid_dpop_proof","own":"dpop"`, token)

	clock := refused
	if nonces {
		clock = `"own":"dpop"` // a nonce shows that the proof is recent
	}
	flow("a proof, a clock that is an hour slow", clock, token)
	flow("a proof, for another path", refused, "")
	flow("a proof, for another method", refused, "")
	flow("a proof, sent again", `"own":"dpop","again":"400 invalid_dpop_proof"`, token)
	flow("a proof, with an unknown nonce", `"own":"dpop","unknown":"dpop"`, token)
	return want
}
