package hydra_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/proof/program"
)

// Hydra's logout tokens contain sid but not sub. They have an effect only
// because the test adds sid to the access tokens.
func TestHydraLogsOutOfASession(t *testing.T) {
	h := startHydra(t, "", "ES256")
	h.client(t, "jwt", "jwt")
	h.namesSession = true
	receiver, sent := program.Address(t), make(chan string, 1)
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := r.FormValue("logout_token")
		resp, err := http.PostForm("http://"+receiver, url.Values{"logout_token": {token}})
		if err != nil {
			t.Error(err)
			return
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("the receiver: got %s, want 200", resp.Status)
		}
		sent <- token
	}))
	t.Cleanup(between.Close)
	h.request(t, http.MethodPatch, "/admin/clients/jwt", []map[string]string{{"op": "replace", "path": "/backchannel_logout_uri", "value": between.URL}}, nil)
	a := startAPI(t, h, "REVOCATION_LISTEN="+receiver, "REVOCATION_AUDIENCE=jwt")

	ended, other := h.login(t, "jwt", audience, "openid", "items:read"), h.login(t, "jwt", audience, "openid", "items:read")
	still := call{what: "another session", token: other.AccessToken, status: 200, body: items}
	a.check(t, call{what: "before the logout", token: ended.AccessToken, status: 200, body: items}, still)

	var id, logout map[string]any
	decode(t, idToken(t, ended, "jwt"), 1, &id)
	sid, _ := id["sid"].(string)
	h.request(t, http.MethodDelete, "/admin/oauth2/auth/sessions/login?"+url.Values{"sid": {sid}}.Encode(), nil, nil)
	select {
	case token := <-sent:
		decode(t, token, 1, &logout)
	case <-time.After(rotationTimeout):
		t.Fatalf("got no logout token within %v", rotationTimeout)
	}
	if sid == "" || logout["sid"] != sid || logout["sub"] != nil || logout["exp"] != nil {
		t.Errorf("got the logout token %v, want only sid %q, without sub and exp", logout, sid)
	}
	a.check(t, call{what: "the session that has ended", token: ended.AccessToken, status: 401, err: "invalid_token"}, still)
}
