package oauth

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// registrationEndpoint is the endpoint where clients register themselves (RFC
// 7591 §3) and manage their registration (RFC 7592 §2).
type registrationEndpoint struct{ *Server }

// information is the client information response (RFC 7591 §3.2.1, RFC 7592
// §3).
type information struct {
	ID            string `json:"client_id"`
	Secret        string `json:"client_secret,omitempty"`
	SecretExpires *int64 `json:"client_secret_expires_at,omitempty"`
	Issued        int64  `json:"client_id_issued_at"`
	Token         string `json:"registration_access_token"`
	URI           string `json:"registration_client_uri"`

	RedirectURIs  []string             `json:"redirect_uris,omitempty"`
	LogoutURIs    []string             `json:"post_logout_redirect_uris,omitempty"`
	AuthMethod    catalogue.AuthMethod `json:"token_endpoint_auth_method"`
	Grants        []catalogue.Grant    `json:"grant_types"`
	ResponseTypes []string             `json:"response_types"`
	Name          string               `json:"client_name,omitempty"`
	Scope         string               `json:"scope,omitempty"`
	JWKS          json.RawMessage      `json:"jwks,omitempty"`
	RequirePAR    bool                 `json:"require_pushed_authorization_requests,omitempty"`
	RequireDPoP   bool                 `json:"dpop_bound_access_tokens,omitempty"`
	catalogue.ClientAlgs
	catalogue.ClientTLS
	catalogue.ClientLogout
}

// serve registers a client if the method of the request is POST. All other
// requests are about registered clients, and serve passes them to s.manage.
func (s registrationEndpoint) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		s.manage(w, r)
		return
	}
	answer, failed := s.register(r)
	if failed != nil {
		s.note(event{Kind: journal.Denied, Reason: failed.code})
		failed.send(w)
		return
	}
	s.Journal.Identify(r, answer.ID)
	s.note(event{Kind: journal.Registered, ClientID: answer.ID})
	answer.send(w, http.StatusCreated)
}

func (s registrationEndpoint) register(r *http.Request) (*information, *failure) {
	o, failed := readJSON(r)
	if failed != nil {
		return nil, failed
	}
	c, failed := s.readMetadata(o)
	if failed != nil {
		return nil, failed
	}
	c.ID = "registered-" + s.Source.Name("registered client")
	if takesSecret(c) {
		c.Secret = s.Source.Handle("registered secret")
	}
	credential := s.Source.Handle("registration")
	known, err := registry.NewRegistered(c)
	if err != nil { // cannot happen: readMetadata has checked the client
		return nil, invalidMetadata("the client cannot be registered with this metadata")
	}
	if s.PublishKeys(c.Algs.Signing()...) != nil {
		return nil, serverError()
	}
	known.Managed = &registry.Managed{Token: token.Identify(credential), Issued: s.Clock.Now().Unix()}
	if !s.Registry.Register(known) {
		return nil, &failure{status: http.StatusServiceUnavailable, code: "temporarily_unavailable", description: "the limit of registered clients is reached"}
	}
	if failed := s.durable(); failed != nil {
		s.Registry.Swap(known.ID, known, nil)
		return nil, failed
	}
	return s.describe(known, c.Secret, credential), nil
}

// describe returns the client information response. secret is the client's new
// secret, or "" if the client does not get one. An earlier secret cannot be
// returned, because the server stores only its digest.
func (s registrationEndpoint) describe(c *registry.Registered, secret, credential string) *information {
	answer := &information{
		ID: c.ID, Secret: secret, Issued: c.Managed.Issued, Token: credential,
		URI:          s.urls[catalogue.Register] + "?" + url.Values{"client_id": {c.ID}}.Encode(),
		RedirectURIs: c.RedirectURIs, LogoutURIs: c.PostLogoutRedirectURIs, Grants: c.Grants, ResponseTypes: []string{},
		AuthMethod: cmp.Or(c.AuthMethod, catalogue.ClientSecretBasic), // the default (RFC 7591 §2)
		Name:       c.Name, Scope: strings.Join(c.Scopes, " "), JWKS: c.JWKS, RequirePAR: c.RequirePAR, RequireDPoP: c.RequireDPoP, ClientAlgs: c.Algs, ClientTLS: c.TLS, ClientLogout: c.Logout,
	}
	if secret != "" {
		answer.SecretExpires = new(int64) // 0 means no expiry
	}
	if slices.Contains(c.Grants, catalogue.AuthorizationCode) {
		answer.ResponseTypes = []string{"code"}
	}
	return answer
}

func (i *information) send(w http.ResponseWriter, status int) {
	body, _ := json.Marshal(i) //nolint:gosec // the secret is for this client; its keys were parsed from JSON
	sendText(w, status, "application/json", body)
}

// readJSON parses the body of a request as a JSON object. It removes null
// members.
func readJSON(r *http.Request) (token.Object, *failure) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" || r.Body == nil {
		return nil, invalidMetadata("the content type is not application/json")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, journal.MaxForm+1))
	if len(body) > journal.MaxForm {
		return nil, &failure{status: http.StatusRequestEntityTooLarge, code: badMetadata, description: "the body is too large"}
	}
	o, malformed := token.ParseObject(body)
	if err != nil || malformed != nil {
		return nil, invalidMetadata("the body is not a JSON object with unique member names")
	}
	return slices.DeleteFunc(o, func(m token.Member) bool { return bytes.Equal(m.Value, []byte("null")) }), nil // null means the same as an absent member
}
