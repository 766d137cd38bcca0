package asclient_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/cmd/bearerguard/internal/asclient"
	"github.com/bearerguard/bearerguard/testserver"
)

// changed calls change with the query of u, and returns a copy of u with the
// modified query.
func changed(u *url.URL, change func(q url.Values)) string {
	other, q := *u, u.Query()
	change(q)
	other.RawQuery = q.Encode()
	return other.String()
}

func TestTheCallbackAcceptsOneAnswerToItsLogin(t *testing.T) {
	as := testserver.New(t)
	l := loginAt(t.Context(), t, as, nil, nil, func(page asclient.Page) {
		back := as.Login(t, page.URL)
		elsewhere := *back
		elsewhere.Path = "/favicon.ico"
		for _, tt := range []struct {
			name, method, page string
			want               int
		}{
			{"another path is not found", "GET", elsewhere.String(), 404},
			{"another method is not allowed", "POST", back.String(), 405},
			{"another state is refused", "GET", changed(back, func(q url.Values) { q.Set("state", "x") }), 400},
			{"a missing state is refused", "GET", changed(back, func(q url.Values) { q.Del("state") }), 400},
			{"a repeated parameter is refused", "GET", changed(back, func(q url.Values) { q.Add("code", "x") }), 400},
			{"neither a code nor an error is refused", "GET", changed(back, func(q url.Values) { q.Del("code") }), 400},
			{"a code and an error are refused", "GET", changed(back, func(q url.Values) { q.Set("error", "x") }), 400},
			{"the answer is accepted", "GET", back.String(), 200},
		} {
			r, err := http.NewRequestWithContext(t.Context(), tt.method, tt.page, nil)
			if err != nil {
				t.Error(err)
				continue
			}
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
				continue
			}
			_ = resp.Body.Close()
			if resp.StatusCode != tt.want || !strings.Contains(resp.Header.Get("Content-Security-Policy"), "default-src 'none'") || resp.Header.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("%s: got %d and the header %v, want %d", tt.name, resp.StatusCode, resp.Header, tt.want)
			}
		}
	})
	if got, err := l.ByCode(t.Context(), anyPort); err != nil || got.Access == "" {
		t.Errorf("got %+v, %v, want tokens", got, err)
	}
}
