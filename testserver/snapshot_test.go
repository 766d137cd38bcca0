package testserver_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestSnapshotAndRestore(t *testing.T) {
	opts := []testserver.Option{testserver.InMemory(), testserver.Seed("state"), testserver.Clock(atNoon)}
	one := testserver.New(t, append(opts, testserver.OpaqueTokens())...)
	c, u := one.AddClient(web), one.AddUser(alice)
	code, used := codeFor(t, one), codeFor(t, one)
	r := wantTokens(t, exchange(t, one, codeRequest(used)))
	next := wantTokens(t, exchange(t, one, refreshRequest(r.text("refresh_token"))))
	revoked := tokens(t, one).text("access_token")
	one.Revoke(revoked)
	device, _ := startDevice(t, one)

	state, err := testserver.Snapshot(one)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{code, used, r.text("refresh_token"), next.text("access_token"), "web-secret", "alices-password", device.text("device_code")} {
		if strings.Contains(string(state), secret) {
			t.Error("got a secret in the state")
		}
	}
	two := testserver.New(t, testserver.InMemory(), testserver.Clock(atNoon), testserver.OpaqueTokens())
	if err := testserver.Restore(two, state); err != nil {
		t.Fatal(err)
	}
	wantTokens(t, exchange(t, two, codeRequest(code)))
	if !isActive(two, next.text("access_token")) || isActive(two, revoked) {
		t.Error("want opaque tokens and revocations restored")
	}
	wantTokens(t, exchange(t, two, url.Values{"grant_type": {"client_credentials"}}, basic(c.ID+":"+c.Secret)))
	if rec := serve(two, "GET", two.Endpoint(testserver.EndpointDevice)+"?user_code="+device.text("user_code")); rec.Code != 200 {
		t.Errorf("got %d for a device, want it restored", rec.Code)
	}
	if r := tokens(t, two, "login_hint", u.Sub); !strings.Contains(func() string { _, body := introspectionResponse(t, two, r.text("access_token")); return body }(), `"sub":"alice"`) {
		t.Error("want the user restored")
	}
	wantTokens(t, exchange(t, two, refreshRequest(next.text("refresh_token"))))
	wantError(t, exchange(t, two, codeRequest(used)), 400, "invalid_grant") // revokes the tokens of the code
	if isActive(two, next.text("access_token")) {
		t.Error("want the tokens of a replayed code revoked")
	}
	for _, text := range []string{"", "{", "{}", `{"Secret":"AAAA"}`, strings.Replace(string(state), `"Codes":[{"Key":"`, `"Codes":[{"Key":"zz`, 1)} {
		if testserver.Restore(two, []byte(text)) == nil {
			t.Errorf("got no error from %.20q", text)
		}
	}
}
