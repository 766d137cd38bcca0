package as

import (
	"net/http"

	"github.com/bearerguard/bearerguard/testserver/internal/pages"
)

// endSession logs an end user out (OpenID Connect RP-Initiated Logout 1.0 §2).
// Where the browser goes then must be registered for the client, as a redirect
// URI.
func (s *Server) endSession(w http.ResponseWriter, r *http.Request) {
	form, failed := authorizeForm(r)
	for name, values := range form {
		if len(values) > 1 {
			failed = invalidRequest("a parameter is there more than once")
		} else if values[0] == "" {
			delete(form, name)
		}
	}
	if failed != nil {
		showFailure(w, failed)
		return
	}
	id := form.Get("client_id")
	if hint := form.Get("id_token_hint"); hint != "" {
		_, claims, ok := s.Keys.open(hint)
		aud, _ := claims.text("azp")
		if !ok || id != "" && aud != id {
			showFailure(w, invalidRequest("id_token_hint is no ID token of the client's"))
			return
		}
		id = aud
	}
	to := form.Get("post_logout_redirect_uri")
	c, known := s.registry.client(id)
	if to != "" && (!known || !c.redirects(to)) {
		showFailure(w, invalidRequest("post_logout_redirect_uri is none that is registered for the client"))
		return
	}
	if v := s.visit(r); v.known {
		s.leave(w, v)
	}
	if to == "" {
		pages.Message(w, http.StatusOK, pages.MessagePage{Title: "Signed out", Text: "You can close this window."})
		return
	}
	var fields []pages.Field
	if state := form.Get("state"); state != "" {
		fields = append(fields, pages.Field{Name: "state", Value: state})
	}
	redirect(w, r, withQuery(to, fields))
}
