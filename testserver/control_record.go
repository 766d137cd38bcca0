package testserver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/bearerguard/bearerguard/internal/control"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
)

// maxWait is the maximum timeout of a request to /v1/requests/wait.
const maxWait = 10 * time.Minute

// query parses the query of a request and refuses unknown parameters.
func query(r *http.Request, known ...string) (url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, errors.New("the query is malformed")
	}
	for name := range values {
		found := false
		for _, k := range known {
			found = found || name == k
		}
		if !found {
			return nil, fmt.Errorf("%s: unknown parameter: use one of %v", name, known)
		}
	}
	return values, nil
}

// endpoint returns the value of the query parameter endpoint, by default
// [EndpointAny].
func (c *controller) endpoint(q url.Values) (Endpoint, error) {
	list := q["endpoint"]
	if len(list) == 0 {
		return EndpointAny, nil
	}
	ep := Endpoint(list[0])
	if len(list) > 1 || !c.countable(ep) {
		return "", fmt.Errorf("endpoint: got %q, want an endpoint that is served, or any", list)
	}
	return ep, nil
}

func (c *controller) listRequests(r *http.Request) (any, error) {
	q, err := query(r, "endpoint")
	if err != nil {
		return nil, err
	}
	var eps []Endpoint
	for _, name := range q["endpoint"] {
		ep, err := c.endpoint(url.Values{"endpoint": {name}})
		if err != nil {
			return nil, err
		}
		eps = append(eps, ep)
	}
	response := control.Requests{Requests: []control.Request{}}
	for _, r := range c.Requests(eps...) {
		response.Requests = append(response.Requests, control.Request{
			Time: r.Time, Endpoint: string(r.Endpoint), Method: r.Method, Client: r.Client, ClientID: r.ClientID,
			Status: r.Status, Injected: r.Injected, Header: r.Header, Form: r.Form,
		})
	}
	return response, nil
}

func (c *controller) countRequests(r *http.Request) (any, error) {
	q, err := query(r, "endpoint")
	if err != nil {
		return nil, err
	}
	ep, err := c.endpoint(q)
	if err != nil {
		return nil, err
	}
	return control.Count{Endpoint: string(ep), Count: c.Count(ep)}, nil
}

func (c *controller) waitRequests(r *http.Request) (any, error) {
	q, err := query(r, "endpoint", "n", "timeout")
	if err != nil {
		return nil, err
	}
	ep, err := c.endpoint(q)
	if err != nil {
		return nil, err
	}
	n, timeout := 1, 5*time.Second
	if q.Has("n") {
		if n, err = strconv.Atoi(q.Get("n")); err != nil || n < 1 {
			return nil, errors.New("n: want a whole number of 1 or more")
		}
	}
	if q.Has("timeout") {
		if timeout, err = time.ParseDuration(q.Get("timeout")); err != nil || timeout < 0 || timeout > maxWait {
			return nil, fmt.Errorf("timeout: want a duration such as 5s, of at most %v", maxWait)
		}
	}
	ctx, stop := context.WithTimeout(r.Context(), timeout)
	defer stop()
	got, err := c.oauth.Journal.Await(ctx, journal.Mark{}, ep, n)
	if err != nil {
		return nil, refusal{http.StatusGatewayTimeout, "timeout", fmt.Sprintf("waited %v for %d requests to %s, got %d", timeout, n, ep, got)}
	}
	return control.Count{Endpoint: string(ep), Count: got}, nil
}

func (c *controller) listEvents(*http.Request) (any, error) {
	response := control.Events{Events: []control.Event{}}
	for _, e := range c.Events() {
		response.Events = append(response.Events, control.Event(e))
	}
	return response, nil
}
