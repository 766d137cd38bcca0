package snippets

import (
	"net/http"
	"time"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/revoke"
	"github.com/bearerguard/bearerguard/signals"
)

// receiveSignals adds the receivers of logout tokens and security events to
// mux. The verifier v uses the given list.
func receiveSignals(mux *http.ServeMux, v *middleware.Verifier, list *revoke.List, authorization string) error {
	config := signals.Config{
		Verifier:      v,
		List:          list, // Revocations of v
		Audiences:     []string{"my-client-id"},
		TokenLifetime: time.Hour,     // the longest lifetime of an access token
		Authorization: authorization, // what the transmitter of security events sends
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
