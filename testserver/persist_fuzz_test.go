package testserver_test

import (
	"bytes"
	"net/url"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// FuzzRestore checks that Restore either refuses a state or makes a usable
// server. It also checks that the saved state of this server stays the same
// after a restore.
func FuzzRestore(f *testing.F) {
	server := func(tb testing.TB) *testserver.Server {
		s, err := testserver.NewUnstarted(testserver.IssuerURL(persistedIssuer), testserver.Clock(atNoon))
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { _ = s.Close() })
		return s
	}
	s := server(f)
	code, r := codeFor(f, s), tokens(f, s)
	s.Revoke(s.Token(testserver.OpaqueTokens()))
	formTo(f, s, testserver.EndpointDeviceAuthorization, "client_id=test-public")
	state, err := testserver.Snapshot(s)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(state)
	for _, old := range []string{`"Value":{`, `"Clients":[`, `"Generation":1`, `"Published":[`, `"Staged":null`, `"Drawn":null`, `"Digest":[`} {
		f.Add([]byte(strings.Replace(string(state), old, old[:strings.Index(old, ":")+1]+"null,"+old, 1)))
		f.Add([]byte(strings.Replace(string(state), old, old[:strings.Index(old, ":")+1]+"-1", 1)))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s := server(t)
		if testserver.Restore(s, text) != nil {
			return
		}
		one, err := testserver.Snapshot(s)
		if err != nil {
			t.Fatalf("cannot be saved again: %v", err)
		}
		two := server(t)
		if err := testserver.Restore(two, one); err != nil {
			t.Fatalf("cannot be restored again: %v", err)
		}
		if again, err := testserver.Snapshot(two); err != nil || !bytes.Equal(again, one) {
			t.Errorf("got %.300s, %v, want %.300s", again, err, one)
		}
		for _, form := range []url.Values{codeRequest(code), refreshRequest(r.text("refresh_token")), {"grant_type": {"client_credentials"}, "client_id": {"test-client"}, "client_secret": {"test-secret"}}} {
			exchange(t, s, form) // must not panic
		}
		isActive(s, r.text("access_token"))
		s.RevokeSubject("test-user")
		s.Rotate()
	})
}
