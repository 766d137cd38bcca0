package interop_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
	"golang.org/x/oauth2"
)

// startReceiver runs clients/logout.mjs and returns the URL of this receiver.
// The receiver gets the logout tokens that the mock server sends to the client
// with the ID web.
func startReceiver(t *testing.T, as *testserver.Server) string {
	t.Helper()
	setup, err := json.Marshal(map[string]string{"issuer": as.Issuer(), "jwks": as.Endpoint(testserver.EndpointJWKS), "clientID": "web"})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), nodeFor(t, "clients"), "logout.mjs")
	cmd.Dir, cmd.Env = "clients", []string{"SETUP=" + string(setup)}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	return start(t, cmd, stdin.Close)
}

// joseAnswers contains the expected answers of the receiver. A key is the body
// of an answer. The value lists the logout token defects that cause this
// answer.
var joseAnswers = map[string]string{
	"": "aud-not-string padded-base64 trailing-bits exp-overflow", // jose accepts these

	"ERR_JOSE_ALG_NOT_ALLOWED":              "alg-none alg-none-cased hs256-confusion alg-key-mismatch duplicate-header",
	"ERR_JOSE_NOT_SUPPORTED":                "crit-header",
	"ERR_JWKS_NO_MATCHING_KEY":              "unknown-kid embedded-jwk jku-header x5u-header",
	"ERR_JWS_SIGNATURE_VERIFICATION_FAILED": "bad-signature truncated-signature zero-ecdsa-signature foreign-key-same-kid",
	"ERR_JWS_INVALID":                       "four-segments encrypted",
	"ERR_JWT_INVALID":                       "not-json nested",

	"ERR_JWT_EXPIRED exp check_failed":                 "expired duplicate-claim",
	"ERR_JWT_CLAIM_VALIDATION_FAILED aud check_failed": "wrong-audience",
	"ERR_JWT_CLAIM_VALIDATION_FAILED aud missing":      "missing-audience",
	"ERR_JWT_CLAIM_VALIDATION_FAILED events invalid":   "event-other",
	"ERR_JWT_CLAIM_VALIDATION_FAILED events missing":   "event-missing",
	"ERR_JWT_CLAIM_VALIDATION_FAILED exp invalid":      "exp-as-string",
	"ERR_JWT_CLAIM_VALIDATION_FAILED exp missing":      "missing-exp",
	"ERR_JWT_CLAIM_VALIDATION_FAILED iat check_failed": "issued-in-future",
	"ERR_JWT_CLAIM_VALIDATION_FAILED iat missing":      "event-no-iat",
	"ERR_JWT_CLAIM_VALIDATION_FAILED iss check_failed": "wrong-issuer",
	"ERR_JWT_CLAIM_VALIDATION_FAILED jti missing":      "event-no-jti",
	"ERR_JWT_CLAIM_VALIDATION_FAILED nbf check_failed": "not-yet-valid",
	"ERR_JWT_CLAIM_VALIDATION_FAILED nonce invalid":    "event-nonce",
	"ERR_JWT_CLAIM_VALIDATION_FAILED sub invalid":      "event-no-subject missing-sub",
	"ERR_JWT_CLAIM_VALIDATION_FAILED typ check_failed": "event-access-typ event-plain-typ",
}

func TestJoseJudgesLogoutTokens(t *testing.T) {
	as := testserver.New(t)
	to := testserver.Receiver{URL: startReceiver(t, as)}
	judge := func(what, want string, opts ...testserver.TokenOption) {
		t.Helper()
		got, err := as.Logout(t.Context(), to, append(opts, testserver.ForClient("web"))...)
		if err != nil || got.Accepted() != (want == "") || got.Body != want {
			t.Errorf("%s: got %+v, %v, want the answer %q", what, got, err, want)
		}
	}
	judge("a user", "")
	judge("a session", "", testserver.Claim("sid", "s-1"), testserver.Without("sub"))
	judge("a session and its user", "", testserver.Claim("sid", "s-1"))
	var tried []testserver.Defect
	for answer, defects := range joseAnswers {
		for defect := range strings.FieldsSeq(defects) {
			tried = append(tried, testserver.Defect(defect))
			judge(defect, answer, testserver.With(testserver.Defect(defect)))
		}
	}
	for defect := range testserver.LogoutDefects() {
		if !slices.Contains(tried, defect) {
			t.Errorf("%s: got no expected answer, want one in the table", defect)
		}
	}
}

// When a session of the mock server ends, the receiver gets a logout token with
// the same sub and sid as the session's tokens.
func TestJoseReceivesTheEndOfASession(t *testing.T) {
	as := testserver.New(t)
	receiver := startReceiver(t, as)
	as.AddClient(testserver.Client{
		ID: "web", Secret: "web-secret", RedirectURIs: []string{callback}, Logout: testserver.ClientLogout{URI: receiver, SessionRequired: true},
	})
	token := login(reach(t, as), t, as, newConfig(as, "web", "web-secret", oauth2.AuthStyleInHeader))
	hint, _ := token.Extra("id_token").(string)
	type claims struct{ Sub, Sid string }
	var id, access claims
	var logouts []claims
	decode(t, hint, 1, &id)
	decode(t, token.AccessToken, 1, &access)

	open(t, as.Endpoint(testserver.EndpointEndSession)+"?"+url.Values{"id_token_hint": {hint}}.Encode())
	if err := json.Unmarshal(open(t, receiver), &logouts); err != nil {
		t.Fatal(err)
	}
	if id.Sid == "" || access != id || !slices.Equal(logouts, []claims{id}) {
		t.Errorf("got the logouts %v, want one of %v in the ID token and of %v in the access token", logouts, id, access)
	}
}

func open(t *testing.T, page string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, page, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	status, body := send(t, http.DefaultClient, req)
	if status != http.StatusOK {
		t.Fatalf("GET %s: got %d %s, want 200", page, status, body)
	}
	return body
}
