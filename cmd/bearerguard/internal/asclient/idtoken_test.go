package asclient_test

import (
	"net/url"
	"testing"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/asclient"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestAnIDTokenMustBeOfThisLogin(t *testing.T) {
	as := testserver.New(t)
	login := func() (asclient.Tokens, error) {
		return loginAt(t.Context(), t, as, []string{"openid"}, nil, completeLogin(t, as, func(url.Values) {})).ByCode(t.Context(), anyPort)
	}
	earlier, err := login()
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		member string
		value  string // "" leaves out the member
		text   string
	}{
		"missing":                         {"id_token", "", "sent no ID token for the scope openid"},
		"not a JWT":                       {"id_token", "x", "the ID token is not valid"},
		"invalid signature":               {"id_token", earlier.ID[:len(earlier.ID)-8] + "AAAAAAAA", "the ID token is not valid"},
		"nonce of another login":          {"id_token", earlier.ID, "its nonce differs from the nonce of the request"},
		"an access token":                 {"id_token", earlier.Access, "the ID token is not valid"},
		"for another client":              {"id_token", as.IDToken(testserver.ForClient("test-client")), "the ID token is not valid"},
		"at_hash of another access token": {"access_token", earlier.Access, "the ID token is not valid"},
	} {
		t.Run(name, func(t *testing.T) {
			defer as.OnToken(func(_ *testserver.TokenRequest, answer *testserver.TokenResponse) error {
				if answer.Body[tt.member] = tt.value; tt.value == "" {
					delete(answer.Body, tt.member)
				}
				return nil
			})()
			got, err := login()
			checkError(t, err, asclient.InvalidAnswer, "login failed: ")
			checkError(t, err, asclient.InvalidAnswer, tt.text)
			if got != (asclient.Tokens{}) {
				t.Errorf("got %+v with the error", got)
			}
		})
	}
}

func TestALoginFailsWithoutTheKeyOfTheIDToken(t *testing.T) {
	for name, tt := range map[string]struct {
		fault testserver.Fault
		kind  asclient.Kind
		text  string
	}{
		"the endpoint fails":          {testserver.Status(503), asclient.Unreachable, "the keys of the issuer: server answered Service Unavailable"},
		"the answer is not a key set": {testserver.Body("application/json", []byte(`[]`)), asclient.InvalidAnswer, "the keys of the issuer are not a JWK Set"},
		"the key set has no such key": {testserver.Body("application/jwk-set+json", []byte(`{"keys":[]}`)), asclient.InvalidAnswer, "login failed: the ID token is not valid"},
	} {
		t.Run(name, func(t *testing.T) {
			as := testserver.New(t)
			as.Inject(testserver.EndpointJWKS, tt.fault)
			_, err := loginAt(t.Context(), t, as, []string{"openid"}, nil, completeLogin(t, as, func(url.Values) {})).ByCode(t.Context(), anyPort)
			checkError(t, err, tt.kind, tt.text)
		})
	}
}
