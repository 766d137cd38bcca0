package testserver

import (
	"errors"
	"net/http"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/internal/control"
)

func (c *controller) clock() (any, error) { return control.Clock{Now: c.Now().UTC()}, nil }

func (c *controller) showClock(*http.Request) (any, error) { return c.clock() }

func (c *controller) setClock(r *http.Request) (any, error) {
	var to control.Clock
	if err := read(r, &to); err != nil {
		return nil, err
	}
	if to.Now.IsZero() {
		return nil, errors.New("now: missing, want a time such as 2026-01-01T00:00:00Z")
	}
	c.Advance(to.Now.Sub(c.Now()))
	return c.clock()
}

func (c *controller) advanceClock(r *http.Request) (any, error) {
	var input control.Advance
	if err := read(r, &input); err != nil {
		return nil, err
	}
	if input.By == 0 {
		return nil, errors.New(`advance: missing, want a duration such as "10m"`)
	}
	c.Advance(time.Duration(input.By))
	return c.clock()
}

func (c *controller) reset(r *http.Request) (any, error) {
	if err := read(r, &done{}); err != nil {
		return nil, err
	}
	c.Reset()
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.faults)
	return done{}, nil
}

func (c *controller) snapshot(*http.Request) (any, error) {
	users, err := c.users()
	if err != nil {
		return nil, err
	}
	response := control.Snapshot{
		Issuer: c.Issuer(), Now: c.Now().UTC(), Clients: c.clients(), Users: users, Keys: c.keys(), Faults: c.injections(),
		Counts: map[string]int{}, Tokens: c.tokens(),
	}
	for _, ep := range append(catalogue.Endpoints(), EndpointAny) {
		if c.countable(ep) {
			response.Counts[string(ep)] = c.Count(ep)
		}
	}
	return response, nil
}
