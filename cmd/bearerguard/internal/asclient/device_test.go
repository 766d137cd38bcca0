package asclient_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/asclient"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestALoginByDeviceEndsWithTheUsersDecision(t *testing.T) {
	for name, tt := range map[string]struct {
		opts []testserver.LoginAs
		text string // expected error, or ""
	}{
		"the user agrees":  {nil, ""},
		"the user refuses": {[]testserver.LoginAs{{Deny: true}}, "device login failed: the authorization server refuses with 400 Bad Request: access_denied"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				as := testserver.New(t, testserver.InMemory())
				ctx := context.WithValue(t.Context(), oauth2.HTTPClient, as.Client())
				var shown asclient.Page
				l := loginAt(ctx, t, as, []string{"openid"}, nil, func(page asclient.Page) {
					shown = page
					time.AfterFunc(7*time.Second, func() { as.Login(t, page.URL, tt.opts...) })
				})
				got, err := l.ByDevice(ctx)
				if shown.UserCode == "" || shown.URL == "" {
					t.Errorf("got the page %+v, want a URL and a code", shown)
				}
				if tt.text != "" {
					checkError(t, err, asclient.Refused, tt.text)
				} else if err != nil || got.Access == "" || got.ID == "" {
					t.Errorf("got %+v, %v, want tokens", got, err)
				}
			})
		})
	}
}

func TestADeviceCodeExpiresBetweenTwoPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		as := testserver.New(t, testserver.InMemory())
		as.Inject(testserver.EndpointDeviceAuthorization, testserver.Body("application/json",
			[]byte(`{"device_code":"d","user_code":"U","verification_uri":"https://login.example.com/","expires_in":7,"interval":5}`)))
		as.Inject(testserver.EndpointToken, testserver.OAuthError("authorization_pending", ""))
		ctx := context.WithValue(t.Context(), oauth2.HTTPClient, as.Client())
		var shown asclient.Page
		began := time.Now()
		_, err := loginAt(ctx, t, as, nil, nil, func(page asclient.Page) { shown = page }).ByDevice(ctx)
		checkError(t, err, asclient.Expired, "device login failed: the code expired before the user approved the login")
		if want := (asclient.Page{URL: "https://login.example.com/", UserCode: "U"}); shown != want || time.Since(began) != 7*time.Second {
			t.Errorf("got the page %+v, and an end after %v, want %+v and 7s", shown, time.Since(began), want)
		}
	})
}
