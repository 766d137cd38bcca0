package oauth

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/guarded"
)

// TokenRequest is a request to the token endpoint.
type TokenRequest struct {
	Form     url.Values // includes secrets; empty parameters are left out
	ClientID string     // "" if no client was identified
	Grant    catalogue.Grant
}

// TokenResponse is the response to a TokenRequest, before it is sent.
type TokenResponse struct {
	Status int
	Header http.Header
	Body   map[string]any // the members of the JSON object
}

// Hook is called for each response of the token endpoint and may change the
// response. If it returns an error, the endpoint responds with 500.
type Hook func(*TokenRequest, *TokenResponse) error

// hooks is the list of hooks. Each change makes a new list, because requests
// call the hooks of the list without holding the lock.
type hooks struct{ guarded.Value[[]*Hook] }

func (h *hooks) list() []*Hook {
	list, unlock := h.RLock()
	defer unlock()
	return *list
}

// OnToken adds a hook. The returned function remove removes the hook.
func (s *Server) OnToken(hook Hook) (remove func()) {
	list, unlock := s.hooks.Lock()
	defer unlock()
	added := &hook
	*list = append(slices.Clone(*list), added)
	return func() {
		list, unlock := s.hooks.Lock()
		defer unlock()
		*list = slices.DeleteFunc(slices.Clone(*list), func(other *Hook) bool { return other == added })
	}
}
