package testserver_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestControlSendsSignals(t *testing.T) {
	c := newControlAPI(t)
	receiver := newSignalReceiver(t, c.Server)
	receiver.authorization = "Bearer secret"
	for _, tt := range []struct {
		name, path, members string
		status              any // the status of the response of the receiver
		body                string
		kind, subject       string // texts that must occur in the claims of the token that the receiver accepts
	}{
		{"a logout", "/v1/logout", `"sub":"alice","sid":"s-1"`, 200.0, "", logoutEvent, "alice"},
		{"a logout by client", "/v1/logout", `"client_id":"web"`, 400.0, "aud", "", ""},
		{"claims take precedence", "/v1/logout", `"sub":"bob","claims":{"sub":"carol"},"without":["exp"]`, 400.0, "exp", "", ""},
		{"a bad logout", "/v1/logout", `"defect":"event-nonce"`, 400.0, "nonce", "", ""},
		{"a replayed logout", "/v1/logout", `"defect":"event-replayed"`, 400.0, "replayed", logoutEvent, "test-user"},
		{"an event", "/v1/transmit", `"event":"session-revoked","sub":"alice","authorization":"Bearer secret"`, 202.0, "", "session-revoked", "alice"},
		{"an event by URI", "/v1/transmit", `"event":"https://schemas.openid.net/secevent/x","payload":{"a":1.50},"authorization":"Bearer secret"`, 202.0, "", "secevent/x", "test-user"},
		{"an event without the secret", "/v1/transmit", `"event":"verification"`, 400.0, "authorization", "", ""},
		{"an event with a wrong secret", "/v1/transmit", `"event":"verification","authorization":"Bearer secret","defect":"event-authorization"`, 400.0, "authorization", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := len(receiver.accepted())
			answer := c.call("POST", tt.path, `{"receiver":"`+receiver.URL+`",`+tt.members+`}`)
			body, _ := answer["body"].(string)
			if answer["status"] != tt.status || strings.TrimSpace(body) != tt.body || answer["retry_after"] != nil {
				t.Errorf("got %v, want %v %q", answer, tt.status, tt.body)
			}
			accepted := receiver.accepted()[before:]
			if (len(accepted) == 1) != (tt.kind != "") {
				t.Fatalf("got %d accepted tokens, want one: %v", len(accepted), tt.kind != "")
			}
			if token, _ := answer["token"].(string); tt.kind != "" {
				wantAll(t, payload(t, token), tt.kind, `"`+tt.subject+`"`)
			}
		})
	}
	// If the request has no receiver, the token is not sent.
	if answer := c.call("POST", "/v1/logout", ""); answer["token"] == nil || len(answer) != 1 {
		t.Errorf("got %v, want only a token", answer)
	}
	token, _ := c.call("POST", "/v1/transmit", `{"event":"credential-change","payload":{}}`)["token"].(string)
	wantAll(t, payload(t, token), `"events":{"https://schemas.openid.net/secevent/caep/event-type/credential-change":{}}`)
}

func TestControlRefusesSignals(t *testing.T) {
	c := newControlAPI(t)
	closed := httptest.NewServer(nil)
	closed.Close()
	refusing := httptest.NewServer(http.NotFoundHandler())
	defer refusing.Close()
	for _, tt := range []struct {
		name, path, body string
		status           int
		want             string
	}{
		{"no event", "/v1/transmit", `{}`, 400, "the type of the event is empty: use one of session-revoked"},
		{"an event of a logout", "/v1/logout", `{"event":"verification"}`, 400, "event: is unknown: give one of receiver, sub"},
		{"a relative URL", "/v1/logout", `{"receiver":"/logout"}`, 400, "receiver: the URL of the receiver is not valid"},
		{"a URL with a password", "/v1/transmit", `{"event":"verification","receiver":"http://a:s3cret@127.0.0.1/"}`, 400, "receiver: the URL of the receiver is not valid"},
		{"a defect of access tokens", "/v1/logout", `{"defect":"missing-scope"}`, 400, `defect("missing-scope") is not a defect of a logout token`},
		{"a defect of logout tokens", "/v1/transmit", `{"event":"verification","defect":"event-nonce"}`, 400, `is not a defect of a security event token`},
		{"a defect of signals", "/v1/tokens", `{"defect":"event-nonce"}`, 400, `defect("event-nonce") is a defect of logout tokens`},
		{"a payload that is text", "/v1/transmit", `{"event":"verification","payload":"x"}`, 400, "payload: want an object"},
		{"a closed receiver", "/v1/logout", `{"receiver":"` + closed.URL + `"}`, 502, "the receiver cannot be reached: "},
		{"no replay", "/v1/logout", `{"receiver":"` + refusing.URL + `","defect":"event-replayed"}`, 502, "the receiver answered 404 to the first delivery"},
		{"a defect to add to a check", "/v1/check", `{"url":"http://127.0.0.1/","also":["event-nonce"]}`, 400, `also: "event-nonce": unknown defect`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := c.send("POST", tt.path, tt.body)
			description, _ := decodeObject(t, w.Body.Bytes())["error_description"].(string)
			if w.Code != tt.status || !strings.Contains(description, tt.want) || strings.Contains(description, "s3cret") {
				t.Errorf("got %d %q, want %d %q", w.Code, description, tt.status, tt.want)
			}
		})
	}
}
