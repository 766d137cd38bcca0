package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const discoverTimeout = 10 * time.Second

// provider contains the metadata of the authorization server. The other fields
// are made from this metadata and from the configuration.
type provider struct {
	metadata

	oauth    oauth2.Config
	idTokens *oidc.IDTokenVerifier // nil with OIDC=off
}

// metadata contains the members of OpenID Connect Discovery 1.0 §3 and RFC 8414
// §2 that the site uses.
type metadata struct {
	Issuer        string   `json:"issuer"`
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	UserInfo      string   `json:"userinfo_endpoint"`
	Revocation    string   `json:"revocation_endpoint"`
	EndSession    string   `json:"end_session_endpoint"`
	AuthMethods   []string `json:"token_endpoint_auth_methods_supported"`
	SendsIssuer   bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207 §3
}

func (m metadata) complete() bool { return m.Authorization != "" && m.Token != "" && m.UserInfo != "" }

// discover returns the provider. If cfg.issuer is set, discover fetches the
// metadata of that issuer. Endpoints in cfg replace the endpoints in the
// metadata.
func discover(ctx context.Context, cfg config, client *http.Client) (*provider, error) {
	ctx, cancel := context.WithTimeout(ctx, discoverTimeout)
	defer cancel()
	var (
		p   provider
		err error
	)
	switch {
	case cfg.oidc:
		var found *oidc.Provider
		if found, err = oidc.NewProvider(oidc.ClientContext(ctx, client), cfg.issuer); err == nil {
			err = found.Claims(&p.metadata)
			p.idTokens = found.Verifier(&oidc.Config{ClientID: cfg.clientID})
		}
	case cfg.issuer != "":
		p.metadata, err = rfc8414(ctx, cfg.issuer, client)
	}
	if err != nil {
		return nil, fmt.Errorf("discovery of OAUTH_ISSUER: %w", err)
	}
	p.Authorization = cmp.Or(cfg.endpoints.Authorization, p.Authorization)
	p.Token = cmp.Or(cfg.endpoints.Token, p.Token)
	p.UserInfo = cmp.Or(cfg.endpoints.UserInfo, p.UserInfo)
	p.Revocation = cmp.Or(cfg.endpoints.Revocation, p.Revocation)
	if !p.complete() {
		return nil, errors.New("the authorization server lacks an authorization, token or userinfo endpoint")
	}
	for _, endpoint := range []string{p.Authorization, p.Token, p.UserInfo, p.Revocation, p.EndSession} {
		if endpoint != "" && !isURL(endpoint, cfg.insecureHTTP) { // secrets will be sent to these URLs
			return nil, errors.New("the authorization server has an endpoint without https: correct its metadata, or set INSECURE_HTTP=1")
		}
	}
	p.oauth = oauth2.Config{
		ClientID: cfg.clientID, ClientSecret: cfg.clientSecret, Scopes: cfg.scopes,
		RedirectURL: cfg.baseURL + "/callback", // not from Host, which can be forged
		Endpoint:    oauth2.Endpoint{AuthURL: p.Authorization, TokenURL: p.Token, AuthStyle: p.authStyle(cfg)},
	}
	return &p, nil
}

// authStyle selects how the client authenticates. Without a style, oauth2 may
// send the code twice, with a different style each time. The server may treat
// the second request as reuse of the code.
func (p *provider) authStyle(cfg config) oauth2.AuthStyle {
	basic := len(p.AuthMethods) == 0 || slices.Contains(p.AuthMethods, "client_secret_basic") // an empty list means client_secret_basic (RFC 8414 §2)
	if cfg.clientSecret == "" || !basic {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader
}

// rfc8414 fetches the metadata of a server without OpenID Connect.
func rfc8414(ctx context.Context, issuer string, client *http.Client) (m metadata, err error) {
	u, err := url.Parse(issuer)
	if err != nil {
		return m, err
	}
	u.Path = "/.well-known/oauth-authorization-server" + strings.TrimSuffix(u.Path, "/") // goes before the issuer's path (RFC 8414 §3.1)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return m, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return m, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return m, fmt.Errorf("the server answered %s", resp.Status)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxBody)).Decode(&m); err != nil {
		return m, err
	}
	if m.Issuer != issuer { // RFC 8414 §3.3: otherwise one server could impersonate another
		return m, fmt.Errorf("the metadata contains another issuer, %q", m.Issuer)
	}
	return m, nil
}
