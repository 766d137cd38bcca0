package control_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/control"
	wire "github.com/bearerguard/bearerguard/internal/control"
	"github.com/bearerguard/bearerguard/testserver"
)

type send func(context.Context, *control.Client) error

func untyped(o control.Operation) send {
	return func(ctx context.Context, c *control.Client) error {
		_, err := o.Do(ctx, c)
		return err
	}
}

func typed[T any](o control.TypedOperation[T]) send {
	return func(ctx context.Context, c *control.Client) error {
		_, _, err := o.Do(ctx, c)
		return err
	}
}

var newYear = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// operations contains the package's operations and their requests.
var operations = map[string]struct {
	send    send
	request string
}{
	"MintToken mints":                       {typed(control.MintToken(wire.Mint{Sub: "alice"})), `POST /v1/tokens {"sub":"alice"}`},
	"MintBadTokens mints bad ones":          {typed(control.MintBadTokens(wire.Mint{Scope: wire.Scopes{"a"}})), `POST /v1/bad-tokens {"scope":["a"]}`},
	"ListTokens lists":                      {typed(control.ListTokens()), `GET /v1/tokens `},
	"RevokeTokens revokes":                  {typed(control.RevokeTokens(wire.Revoke{Sub: "test-user"})), `POST /v1/tokens/revoke {"sub":"test-user"}`},
	"SendLogout sends a logout token":       {typed(control.SendLogout(wire.Logout{Sub: "alice"})), `POST /v1/logout {"sub":"alice"}`},
	"Transmit sends an event":               {typed(control.Transmit(wire.Transmit{Event: "verification", Logout: wire.Logout{SID: "s"}})), `POST /v1/transmit {"event":"verification","sid":"s"}`},
	"ListKeys lists":                        {typed(control.ListKeys()), `GET /v1/keys `},
	"RotateKeys rotates":                    {typed(control.RotateKeys(wire.Rotate{DropOld: true})), `POST /v1/keys/rotate {"drop_old":true}`},
	"ImportKey sends a key as it is":        {typed(control.ImportKey(wire.Import{Key: json.RawMessage(`{"a":1}`)})), `POST /v1/keys/import {"key":{"a":1}}`},
	"PublishKey names a key":                {typed(control.PublishKey("k/1")), `POST /v1/keys/publish {"kid":"k/1"}`},
	"RetireKey names a key":                 {untyped(control.RetireKey("k/1")), `POST /v1/keys/retire {"kid":"k/1"}`},
	"ExportKeys exports all":                {untyped(control.ExportKeys(wire.Export{})), `POST /v1/keys/export {}`},
	"FreezeKeys sends no body":              {untyped(control.FreezeKeys()), `POST /v1/keys/freeze `},
	"ThawKeys sends no body":                {untyped(control.ThawKeys()), `POST /v1/keys/thaw `},
	"AddFault adds":                         {typed(control.AddFault(wire.Fault{Endpoint: "jwks", Status: 503})), `POST /v1/faults {"endpoint":"jwks","status":503}`},
	"ListFaults lists":                      {typed(control.ListFaults()), `GET /v1/faults `},
	"RemoveFault removes one":               {untyped(control.RemoveFault("7")), `DELETE /v1/faults/7 `},
	"RemoveFault escapes an ID":             {untyped(control.RemoveFault("a/b")), `DELETE /v1/faults/a%2Fb `},
	"RemoveFaults removes all":              {untyped(control.RemoveFaults()), `DELETE /v1/faults `},
	"ListRequests lists all":                {typed(control.ListRequests()), `GET /v1/requests? `},
	"ListRequests lists those of endpoints": {typed(control.ListRequests("jwks", "token")), `GET /v1/requests?endpoint=jwks&endpoint=token `},
	"CountRequests counts those of one":     {typed(control.CountRequests("jwks")), `GET /v1/requests/count?endpoint=jwks `},
	"AwaitRequests sends the timeout":       {typed(control.AwaitRequests("jwks", 0, 90*time.Second)), `GET /v1/requests/wait?endpoint=jwks&n=0&timeout=1m30s `},
	"AddClient registers":                   {typed(control.AddClient(wire.Client{ID: "web", Public: true})), `POST /v1/clients {"id":"web","public":true}`},
	"ListClients lists":                     {typed(control.ListClients()), `GET /v1/clients `},
	"ShowClient escapes an ID":              {untyped(control.ShowClient("a/b?c d")), `GET /v1/clients/a%2Fb%3Fc%20d `},
	"ShowClient escapes two dots":           {untyped(control.ShowClient("..")), `GET /v1/clients/%2E%2E `},
	"RemoveClient escapes a dot":            {untyped(control.RemoveClient(".")), `DELETE /v1/clients/%2E `},
	"RemoveClient keeps three dots":         {untyped(control.RemoveClient("...")), `DELETE /v1/clients/... `},
	"AddUser registers":                     {typed(control.AddUser(wire.User{Sub: "alice"})), `POST /v1/users {"sub":"alice"}`},
	"ListUsers lists":                       {typed(control.ListUsers()), `GET /v1/users `},
	"RemoveUser escapes a subject":          {untyped(control.RemoveUser("a/../b")), `DELETE /v1/users/a%2F..%2Fb `},
	"DecideLogin sends the decision":        {untyped(control.DecideLogin(wire.NextLogin{Deny: "access_denied", Times: 2})), `POST /v1/logins/next {"deny":"access_denied","times":2}`},
	"ShowClock reads":                       {typed(control.ShowClock()), `GET /v1/clock `},
	"SetClock puts a time":                  {typed(control.SetClock(newYear)), `PUT /v1/clock {"now":"2026-01-01T00:00:00Z"}`},
	"AdvanceClock posts a duration":         {typed(control.AdvanceClock(-time.Minute)), `POST /v1/clock {"advance":"-1m0s"}`},
	"Reset sends no body":                   {untyped(control.Reset()), `POST /v1/reset `},
	"TakeSnapshot reads":                    {untyped(control.TakeSnapshot()), `GET /v1/snapshot `},
	"ListEvents lists":                      {typed(control.ListEvents()), `GET /v1/events `},
	"CheckAPI sends what is to be checked":  {typed(control.CheckAPI(wire.Check{URL: "ftp://x"})), `POST /v1/check {"url":"ftp://x"}`},
}

func TestEachOperationIsOneRequest(t *testing.T) {
	for name, tt := range operations {
		t.Run(name, func(t *testing.T) {
			var got string
			client := newClient(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				got += r.Method + " " + r.RequestURI + " " + string(body)
				_, _ = io.WriteString(w, "{}")
			})
			if err := tt.send(t.Context(), client); err != nil || got != tt.request {
				t.Errorf("got %q, %v, want %q", got, err, tt.request)
			}
		})
	}
}

func TestTheMockServerHasEachOperation(t *testing.T) {
	for name, tt := range operations {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(testserver.New(t).Control(token))
			defer server.Close()
			client, err := control.New(server.URL, token)
			if err != nil {
				t.Fatal(err)
			}
			err = tt.send(t.Context(), client)
			if failed, ok := errors.AsType[*control.Error](err); ok && failed.Kind != control.Invalid && failed.Kind != control.Absent {
				t.Errorf("got %v, want an answer, or an error of the kind Invalid or Absent", err)
			}
		})
	}
}

func TestTypedOperationReturnsUnknownMembersAsText(t *testing.T) {
	const want = `{"count":3,"since":"yesterday"}`
	count, text, err := control.CountRequests().Do(t.Context(), newClient(t, answer(http.StatusOK, want)))
	if err != nil || count.Count != 3 || string(text) != want {
		t.Errorf("got %v, %s, %v, want 3 and %s", count, text, err, want)
	}
}
