package testserver

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/bearerguard/bearerguard/internal/control"
	"github.com/bearerguard/bearerguard/testserver/internal/oauth"
)

// faultOf returns the fault that f describes.
func faultOf(f control.Fault) (Fault, error) {
	var chosen []Fault
	choose := func(requested bool, fault func() Fault) {
		if requested {
			chosen = append(chosen, fault())
		}
	}
	status := f.Status
	if f.RetryAfter != nil && status == 0 {
		status = http.StatusServiceUnavailable
	}
	choose(status != 0 && f.RetryAfter == nil, func() Fault { return Status(status) })
	choose(f.RetryAfter != nil, func() Fault { return RetryAfter(time.Duration(*f.RetryAfter), status) })
	choose(f.Error != "" || f.ErrorDescription != "", func() Fault { return OAuthError(f.Error, f.ErrorDescription) })
	choose(f.RedirectTo != "", func() Fault { return RedirectTo(f.RedirectTo) })
	choose(f.Hang, Hang)
	choose(f.Drop, DropConnection)
	choose(f.Truncate != nil, func() Fault { return TruncateBody(*f.Truncate) })
	choose(f.Malformed, MalformedJSON)
	choose(f.Body != nil, func() Fault { return Body(f.ContentType, []byte(*f.Body)) })
	choose(f.ContentType != "" && f.Body == nil, func() Fault { return ContentType(f.ContentType) })
	choose(f.Huge != 0, func() Fault { return HugeBody(f.Huge) })
	choose(f.EmptyJWKS, emptyJWKS)
	choose(f.Issuer != "", func() Fault { return wrongIssuer(f.Issuer) })

	switch late := f.Latency != nil; {
	case len(chosen) > 1:
		return Fault{}, errors.New("a fault can have only one effect in addition to latency: add one fault for each effect")
	case late:
		return chain(append([]Fault{Latency(time.Duration(*f.Latency))}, chosen...)...), nil
	case len(chosen) == 0:
		return Fault{}, errors.New("the fault does nothing: give status, latency, hang or another member")
	}
	return chosen[0], nil
}

func (c *controller) addFault(r *http.Request) (any, error) {
	var input control.Fault
	if err := read(r, &input); err != nil {
		return nil, err
	}
	f, err := faultOf(input)
	if err != nil {
		return nil, err
	}
	var when []When
	if input.Times != 0 {
		when = append(when, Times(input.Times))
	}
	if input.Skip != 0 {
		when = append(when, Skip(input.Skip))
	}
	if input.Client != "" {
		when = append(when, Matching(func(r *http.Request) bool { return oauth.Claims(r, input.Client) }))
	}
	c.mu.Lock() // held until the fault is in c.faults, which c.injections reads
	defer c.mu.Unlock()
	in, err := c.inject(Endpoint(input.Endpoint), f, when)
	if err != nil {
		return nil, fmt.Errorf("endpoint %q: %w", input.Endpoint, err)
	}
	c.faults[in.ID] = input
	return control.Injection{ID: in.ID, Fault: input}, nil
}

// injections returns all active faults, including faults that were not injected
// through this API.
func (c *controller) injections() []control.Injection {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := []control.Injection{}
	for _, in := range c.Injections() {
		requested, ok := c.faults[in.ID]
		if !ok {
			requested = control.Fault{Endpoint: string(in.Endpoint), Times: in.Times, Skip: in.Skip}
		}
		list = append(list, control.Injection{ID: in.ID, Hits: in.Hits(), Fault: requested})
	}
	return list
}

func (c *controller) listFaults(*http.Request) (any, error) {
	return control.Faults{Faults: c.injections()}, nil
}

func (c *controller) removeFaults(*http.Request) (any, error) {
	for _, in := range c.Injections() {
		c.remove(in)
	}
	return done{}, nil
}

func (c *controller) removeFault(r *http.Request) (any, error) {
	id, _ := strconv.Atoi(r.PathValue("id")) // 0 if malformed; no injection has the ID 0
	for _, in := range c.Injections() {
		if in.ID == id {
			c.remove(in)
			return done{}, nil
		}
	}
	return nil, notFound("no active fault has this ID")
}

func (c *controller) remove(in *Injection) {
	in.Remove()
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.faults, in.ID)
}
