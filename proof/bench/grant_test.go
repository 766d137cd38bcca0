package bench_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

const (
	codeVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // from RFC 7636, appendix B
	redirectURI  = "http://127.0.0.1/callback"
)

// tokens contains the members of a token endpoint response that the benchmarks
// need.
type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	ID      string `json:"id_token"`
}

func (m mock) exchange(ctx context.Context, form url.Values) (t tokens, err error) {
	form.Set("client_id", m.id)
	form.Set("client_secret", m.secret)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, m.token, strings.NewReader(form.Encode()))
	if err != nil {
		return t, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := m.client.Do(r)
	if err != nil {
		return t, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return t, fmt.Errorf("the token endpoint: got %s, want 200", resp.Status)
	}
	if err := json.NewDecoder(resp.Body).Decode(&t); err != nil {
		return t, err
	}
	if t.Access == "" {
		return t, errors.New("the token endpoint: got no token")
	}
	return t, nil
}

func (m mock) clientCredentials(ctx context.Context) (tokens, error) {
	return m.exchange(ctx, url.Values{"grant_type": {"client_credentials"}, "scope": {"orders:read"}})
}

func (m mock) refresh(ctx context.Context, token string) (tokens, error) {
	return m.exchange(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
}

// codeFlow gets tokens with the authorization code flow and PKCE. It sends the
// requests of the browser and of the client.
func (m mock) codeFlow(ctx context.Context) (tokens, error) {
	sum := sha256.Sum256([]byte(codeVerifier))
	query := url.Values{
		"response_type": {"code"}, "client_id": {m.id}, "redirect_uri": {redirectURI}, "scope": {"openid"}, "state": {"state"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, m.authorize+"?"+query.Encode(), nil)
	if err != nil {
		return tokens{}, err
	}
	browser := *m.client
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := browser.Do(r)
	if err != nil {
		return tokens{}, err
	}
	defer resp.Body.Close()
	to, err := resp.Location()
	if err != nil {
		return tokens{}, fmt.Errorf("the authorization endpoint: got %s: %w", resp.Status, err)
	}
	return m.exchange(ctx, url.Values{
		"grant_type": {"authorization_code"}, "code": {to.Query().Get("code")}, "redirect_uri": {redirectURI}, "code_verifier": {codeVerifier},
	})
}

// contender is one mock server in the list that mocks returns.
type contender = struct {
	name  string
	start func() (mock, error)
}

// grants measures a grant with as many concurrent clients as there are
// processors. Each client calls begin once, and then repeatedly calls the
// function that begin returned.
func grants(b *testing.B, servers []contender, begin func(ctx context.Context, m mock) (func() error, error)) {
	for _, s := range servers {
		b.Run(s.name, func(b *testing.B) {
			m := must(s.start())(b)
			defer m.stop()
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				one, err := begin(b.Context(), m)
				for err == nil && pb.Next() {
					err = one()
				}
				if err != nil {
					b.Error(err)
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "grants/s")
		})
	}
}

// The benchmark skips the first server, mockoidc, because it does not support
// this grant.
func BenchmarkClientCredentials(b *testing.B) {
	grants(b, mocks()[1:], func(ctx context.Context, m mock) (func() error, error) {
		return func() error { _, err := m.clientCredentials(ctx); return err }, nil
	})
}

func BenchmarkCodeFlow(b *testing.B) {
	grants(b, mocks(), func(ctx context.Context, m mock) (func() error, error) {
		return func() error { _, err := m.codeFlow(ctx); return err }, nil
	})
}

func BenchmarkRefresh(b *testing.B) {
	grants(b, mocks(), func(ctx context.Context, m mock) (func() error, error) {
		t, err := m.codeFlow(ctx)
		return func() (err error) { t, err = m.refresh(ctx, t.Refresh); return err }, err
	})
}

func TestGrantsAreWhatTheirBenchmarksSay(t *testing.T) {
	for _, s := range mocks() {
		t.Run(s.name, func(t *testing.T) {
			m := must(s.start())(t)
			defer m.stop()
			first := must(m.codeFlow(t.Context()))(t)
			next := must(m.refresh(t.Context(), first.Refresh))(t)
			if first.ID == "" || next.Refresh == "" || (next.Refresh != first.Refresh) != m.rotates {
				t.Errorf("got an ID token %v and another refresh token %v, want true and %v", first.ID != "", next.Refresh != first.Refresh, m.rotates)
			}
			if _, err := m.clientCredentials(t.Context()); (err == nil) != m.credentials {
				t.Errorf("got %v, want client credentials accepted: %v", err, m.credentials)
			}
		})
	}
}
