package oauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// manage lets a client read, replace and delete its registration (RFC 7592 §2).
// The query parameter client_id identifies the client, and the registration
// access token authenticates it.
func (s registrationEndpoint) manage(w http.ResponseWriter, r *http.Request) {
	_, credential, failed := credentials(r, bearerScheme)
	var c *registry.Registered
	if failed == nil {
		c, failed = s.manages(credential, r.URL.Query()["client_id"])
	}
	if failed != nil {
		s.note(event{Kind: journal.Denied, Reason: failed.code})
		failed.challengeAs(w, bearerScheme)
		return
	}
	s.Journal.Identify(r, c.ID)
	switch r.Method {
	case http.MethodPut:
		s.update(w, r, c, credential)
	case http.MethodDelete:
		s.unregister(w, c)
	default:
		s.describe(c, "", credential).send(w, http.StatusOK)
	}
}

// manages returns the client whose ID is the only element of ids. The
// credential must be the registration access token of this client. The failure
// is the same for a deleted client and for a wrong token (RFC 7592 §2.1).
func (s registrationEndpoint) manages(credential string, ids []string) (*registry.Registered, *failure) {
	wrong := &failure{status: http.StatusUnauthorized, code: invalidToken, description: "the registration access token is invalid"}
	if len(ids) != 1 {
		return nil, wrong
	}
	c, known := s.Registry.Client(ids[0])
	var want token.Digest
	if known && c.Managed != nil {
		want = c.Managed.Token
	}
	got := token.Identify(credential)
	if subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
		return nil, wrong
	}
	return c, nil
}

// update replaces all of the client's metadata (RFC 7592 §2.2).
func (s registrationEndpoint) update(w http.ResponseWriter, r *http.Request, c *registry.Registered, credential string) {
	next, secret, failed := s.updated(r, c)
	if failed == nil && !s.Registry.Swap(c.ID, c, next) {
		failed = changedMeanwhile()
	}
	if failed == nil {
		if failed = s.durable(); failed != nil {
			s.Registry.Swap(c.ID, next, c)
		}
	}
	if failed != nil {
		s.note(event{Kind: journal.Denied, ClientID: c.ID, Reason: failed.code})
		failed.send(w)
		return
	}
	s.note(event{Kind: journal.Registered, ClientID: c.ID, Reason: "update"})
	s.describe(next, secret, credential).send(w, http.StatusOK)
}

func changedMeanwhile() *failure {
	return &failure{status: http.StatusConflict, code: badMetadata, description: "the registration was changed by another request: read it again"}
}

// updated returns a copy of the client c in which the metadata from r replaces
// the old metadata. The returned secret is "" unless the client gets a new one.
func (s registrationEndpoint) updated(r *http.Request, c *registry.Registered) (next *registry.Registered, secret string, failed *failure) {
	o, failed := readJSON(r)
	if failed != nil {
		return nil, "", failed
	}
	for _, name := range []string{"registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"} {
		if o.Find(name) >= 0 {
			return nil, "", invalidMetadata(name + " cannot be updated (RFC 7592 section 2.2)")
		}
	}
	if id, _ := o.Text("client_id"); id != c.ID {
		return nil, "", invalidMetadata("client_id is missing or does not match the client (RFC 7592 section 2.2)")
	}
	if o.Find("client_secret") >= 0 {
		text, _ := o.Text("client_secret")
		got := sha256.Sum256([]byte(text))
		if text == "" || subtle.ConstantTimeCompare(got[:], c.Digest[:]) != 1 {
			return nil, "", invalidMetadata("client_secret does not match: a client cannot choose its secret (RFC 7592 section 2.2)")
		}
	}
	changed, failed := s.readMetadata(o)
	if failed != nil {
		return nil, "", failed
	}
	changed.ID = c.ID
	if c.AuthMethod == "" && changed.AuthMethod == catalogue.ClientSecretBasic {
		changed.AuthMethod = "" // keep "", which s.describe reports as client_secret_basic
	}
	keeps := takesSecret(c.Client) && takesSecret(changed)
	if takesSecret(changed) && !keeps {
		secret = s.Source.Handle("registered secret")
	}
	changed.Secret = secret
	if keeps {
		changed.Secret = "placeholder: the digest is copied below"
	}
	next, err := registry.NewRegistered(changed)
	if err != nil {
		return nil, "", invalidMetadata("the client cannot be registered with this metadata")
	}
	if s.PublishKeys(changed.Algs.Signing()...) != nil {
		return nil, "", serverError()
	}
	if keeps {
		next.Digest = c.Digest
	}
	next.Managed = c.Managed
	return next, secret, nil
}

// unregister deletes the client and its grants (RFC 7592 §2.3).
func (s registrationEndpoint) unregister(w http.ResponseWriter, c *registry.Registered) {
	if !s.Registry.Swap(c.ID, c, nil) {
		changedMeanwhile().send(w)
		return
	}
	ended := s.grants.RemoveClient(c.ID)
	if failed := s.durable(); failed != nil {
		s.Registry.Swap(c.ID, nil, c) // restore c, so that the client can try again
		failed.send(w)
		return
	}
	s.note(append(revoked("unregistered", "", ended...), event{Kind: journal.Unregistered, ClientID: c.ID})...)
	w.WriteHeader(http.StatusNoContent)
}
