package testserver

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/bearerguard/bearerguard/internal/control"
	"github.com/bearerguard/bearerguard/testserver/internal/oauth"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// maxControl is the maximum length of a request body in the control API.
const maxControl = 1 << 20

// Control returns a handler for the control API. Through this API, tests in any
// language can use the features of this package over HTTP, in JSON: they can
// mint tokens, rotate keys, inject faults and list requests. The command
// bearerguard serves the API and is also a client of it.
//
// Serve the API on a separate listener, on loopback, because its callers can
// mint any token. A request must present the given token as a Bearer token. Its
// Host must be a loopback address or localhost, so that a web page cannot call
// the API by DNS rebinding. With [AllowRemote], every Host is accepted. GET
// /openapi.json returns a description of the API and needs no token.
func (s *Server) Control(token string) http.Handler {
	s.helper()
	if token == "" {
		s.fail(`Control(""): give a token that cannot be guessed`)
	}
	c := &controller{Server: s, faults: map[int]control.Fault{}}
	mux := http.NewServeMux()
	for path, methods := range c.routes() {
		mux.Handle(path, handleMethods(methods))
	}
	mux.Handle("/", handleMethods(nil))
	describe := handleMethods(c.routes()[control.OpenAPIPath])
	want := sha256.Sum256([]byte(token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		scheme, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		got := sha256.Sum256([]byte(bearer))
		switch {
		case !s.remote && !oauth.IsLocalHost(r.Host):
			sendError(w, refusal{http.StatusForbidden, "forbidden_host", "the Host must be a loopback address or localhost"})
		case r.URL.Path == control.OpenAPIPath: // needs no token; this branch serves only the description
			describe.ServeHTTP(w, r)
		case !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(got[:], want[:]) != 1:
			w.Header().Set("WWW-Authenticate", `Bearer realm="control"`)
			sendError(w, refusal{http.StatusUnauthorized, "invalid_token", "the control API takes its own token as Authorization: Bearer"})
		default:
			r.Body = http.MaxBytesReader(w, r.Body, maxControl)
			mux.ServeHTTP(w, r)
		}
	})
}

// controller is the state of the control API.
type controller struct {
	*Server
	mu     sync.Mutex
	faults map[int]control.Fault  // maps the ID of an injection to the requested fault
	forms  map[string]*token.Form // maps the name of a provider to its form
}

// action handles a request. Its result is sent as JSON.
type action func(*http.Request) (any, error)

func (c *controller) routes() map[string]map[string]action {
	get, post := func(a action) map[string]action { return map[string]action{http.MethodGet: a} },
		func(a action) map[string]action { return map[string]action{http.MethodPost: a} }
	return map[string]map[string]action{
		"/v1/tokens":         {http.MethodGet: c.listTokens, http.MethodPost: c.mintToken},
		"/v1/tokens/inspect": post(c.inspectToken),
		"/v1/tokens/revoke":  post(c.revokeToken),
		"/v1/logout":         post(c.sendLogout),
		"/v1/transmit":       post(c.transmit),
		"/v1/bad-tokens":     {http.MethodGet: c.badTokens, http.MethodPost: c.badTokens},
		"/v1/keys":           get(c.listKeys),
		"/v1/keys/rotate":    post(c.rotateKeys),
		"/v1/keys/import":    post(c.importKey),
		"/v1/keys/publish":   post(c.publishKey),
		"/v1/keys/retire":    post(c.retireKey),
		"/v1/keys/export":    post(c.exportKeys),
		"/v1/keys/freeze":    post(c.freezeKeys),
		"/v1/keys/thaw":      post(c.thawKeys),
		"/v1/faults":         {http.MethodGet: c.listFaults, http.MethodPost: c.addFault, http.MethodDelete: c.removeFaults},
		"/v1/faults/{id}":    {http.MethodDelete: c.removeFault},
		"/v1/requests":       get(c.listRequests),
		"/v1/requests/count": get(c.countRequests),
		"/v1/requests/wait":  get(c.waitRequests),
		"/v1/clock":          {http.MethodGet: c.showClock, http.MethodPut: c.setClock, http.MethodPost: c.advanceClock},
		"/v1/clients":        {http.MethodGet: c.listClients, http.MethodPost: c.postClient},
		"/v1/clients/{id}":   {http.MethodGet: c.showClient, http.MethodDelete: c.removeClient},
		"/v1/users":          {http.MethodGet: c.listUsers, http.MethodPost: c.postUser},
		"/v1/users/{sub}":    {http.MethodDelete: c.removeUser},
		"/v1/logins/next":    post(c.nextLogin),
		"/v1/check":          post(c.checkAPI),
		"/v1/reset":          post(c.reset),
		"/v1/snapshot":       get(c.snapshot),
		"/v1/events":         get(c.listEvents),

		control.OpenAPIPath: get(describe),
	}
}

func describe(*http.Request) (any, error) { return json.RawMessage(control.OpenAPI), nil }

// handleMethods returns a handler for the methods of one path. If methods is
// nil, the handler answers every request with a 404.
func handleMethods(methods map[string]action) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		act, ok := methods[r.Method]
		switch {
		case methods == nil:
			sendError(w, refusal{http.StatusNotFound, "not_found", "nothing is served here"})
			return
		case !ok:
			allowed := strings.Join(slices.Sorted(maps.Keys(methods)), ", ")
			w.Header().Set("Allow", allowed)
			sendError(w, refusal{http.StatusMethodNotAllowed, "method_not_allowed", "use " + allowed})
			return
		}
		response, err := act(r)
		if err != nil {
			sendError(w, err)
			return
		}
		respond(w, http.StatusOK, response)
	})
}

// refusal is an error with the status and code of its response.
type refusal struct {
	status            int
	code, description string
}

func (r refusal) Error() string { return r.description }

func notFound(what string) error { return refusal{http.StatusNotFound, "not_found", what} }

// sendError sends err as JSON. If err is not a refusal, the status is 400.
func sendError(w http.ResponseWriter, err error) {
	r := refusal{http.StatusBadRequest, "invalid_request", err.Error()}
	_ = errors.As(err, &r)
	respond(w, r.status, control.Error{Code: r.code, Description: r.description})
}

func respond(w http.ResponseWriter, status int, response any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(response) // fails if the client has disconnected
}

// read decodes the body of a request into v. If the body is empty, v does not
// change.
func read(r *http.Request, v any) error {
	text, err := io.ReadAll(r.Body)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return refusal{http.StatusRequestEntityTooLarge, "invalid_request", "the body is too large: send at most 1 MiB"}
	case err != nil:
		return errors.New("the body ended early: send all of it")
	case len(text) == 0:
		return nil
	}
	return control.Decode(text, v)
}

// done is the response of an action that returns nothing.
type done struct{}
