package signals_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/signals"
	"github.com/bearerguard/bearerguard/testserver"
)

// The receivers refuse every defect of the catalogue, over real connections.
func TestReceiversRefuseEveryDefect(t *testing.T) {
	s := newSetup(t)
	s.config.Audiences = []string{"test-client", "api"}
	s.config.Authorization = "Bearer CANARY"
	receiver := func(h http.Handler) testserver.Receiver {
		server := httptest.NewServer(h)
		t.Cleanup(server.Close)
		return testserver.Receiver{URL: server.URL, Authorization: s.config.Authorization, Client: server.Client()}
	}
	logout, events := receiver(s.logout()), receiver(s.events())
	check := func(name string, want int, receipt testserver.Receipt, err error) {
		t.Helper()
		if published := s.take(); err != nil || receipt.Status != want || (published != "") != receipt.Accepted() {
			t.Errorf("%s: got %d %s, %v and %q published, want %d", name, receipt.Status, receipt.Body, err, published, want)
		}
	}
	event := testserver.SecurityEvent{Type: testserver.SessionRevoked}

	receipt, err := s.as.Logout(t.Context(), logout)
	check("a good logout token", http.StatusOK, receipt, err)
	for defect := range testserver.LogoutDefects() {
		receipt, err := s.as.Logout(t.Context(), logout, testserver.With(defect))
		check("a logout token with "+string(defect), http.StatusBadRequest, receipt, err)
	}

	receipt, err = s.as.Transmit(t.Context(), events, event)
	check("a good event", http.StatusAccepted, receipt, err)
	for defect := range testserver.EventDefects() {
		receipt, err := s.as.Transmit(t.Context(), events, event, testserver.With(defect))
		check("an event with "+string(defect), http.StatusBadRequest, receipt, err)
	}
}

// If the iss of a transmitter differs from the iss of the access tokens, the
// transmitter needs a separate verifier. This verifier has the issuer of the
// access tokens, with the iss of the transmitter as an alias.
func TestATransmitterWithAnotherName(t *testing.T) {
	s := newSetup(t)
	transmitter := testserver.New(t)
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: "unused", Client: transmitter.Client(),
		Issuers: []middleware.Issuer{{URL: s.Issuer, Aliases: []string{transmitter.Issuer()}, MetadataIssuer: transmitter.Issuer()}},
	})
	if err != nil {
		t.Fatal(err)
	}
	h, err := signals.Events(signals.Config{Verifier: v, List: s.config.List, Audiences: []string{"api"}, TokenLifetime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	token := transmitter.EventToken(testserver.SecurityEvent{Type: testserver.SessionRevoked}, testserver.Subject(user))
	if w := serve(h, newRequest(t, set, token)); w.Code != http.StatusAccepted {
		t.Fatalf("got %d %s, want 202", w.Code, w.Body)
	}
	if _, err := s.config.Verifier.Verify(t.Context(), middleware.Credentials{Token: s.Token(s.Header(), s.Claims("sub", `"`+user+`"`))}); !errors.Is(err, middleware.ErrRevoked) {
		t.Errorf("got %v for a token of the user, want ErrRevoked", err)
	}
	// The transmitter cannot issue access tokens for the API.
	if _, err := s.config.Verifier.Verify(t.Context(), middleware.Credentials{Token: transmitter.Token()}); !errors.Is(err, middleware.ErrIssuer) {
		t.Errorf("got %v for a token of the transmitter, want ErrIssuer", err)
	}
}
