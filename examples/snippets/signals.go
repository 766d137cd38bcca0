package snippets

import (
	"net/http"
	"time"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/revoke"
	"github.com/bearerguard/bearerguard/signals"
)

// receiveSignals adds handlers to mux that receive logout tokens and security
// events. The verifier v must use the given list.
func receiveSignals(mux *http.ServeMux, v *middleware.Verifier, list *revoke.List, authorization string) error {
	config := signals.Config{
		Verifier:      v,
		List:          list, // v must use the same list
		Audiences:     []string{"my-client-id"},
		TokenLifetime: time.Hour,     // the longest lifetime of an access token
		Authorization: authorization, // Authorization header of the event transmitter
	}
	logout, err := signals.Logout(config)
	if err != nil {
		return err
	}
	events, err := signals.Events(config)
	if err != nil {
		return err
	}
	mux.Handle("/logout", logout) // the backchannel_logout_uri of my-client-id
	mux.Handle("/events", events) // the endpoint_url of the event stream
	return nil
}
