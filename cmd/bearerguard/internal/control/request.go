package control

import (
	"net/url"
	"strconv"
	"time"

	wire "github.com/bearerguard/bearerguard/internal/control"
)

// ListRequests lists the most recent requests to the given endpoints. Without
// arguments, it lists the requests to all endpoints.
func ListRequests(endpoints ...string) TypedOperation[wire.Requests] {
	return get[wire.Requests]("/v1/requests" + query(url.Values{}, endpoints...))
}

// CountRequests counts the requests to an endpoint. Without an argument, it
// counts the requests to all endpoints.
func CountRequests(endpoint ...string) TypedOperation[wire.Count] {
	return get[wire.Count]("/v1/requests/count" + query(url.Values{}, endpoint...))
}

// AwaitRequests waits until an endpoint has received n requests, and returns
// the number of requests. After the timeout, it returns an error of the kind
// [Absent].
func AwaitRequests(endpoint string, n int, timeout time.Duration) TypedOperation[wire.Count] {
	return get[wire.Count]("/v1/requests/wait" + query(url.Values{"n": {strconv.Itoa(n)}, "timeout": {timeout.String()}}, endpoint))
}

func query(q url.Values, endpoints ...string) string {
	if len(endpoints) > 0 {
		q["endpoint"] = endpoints
	}
	return "?" + q.Encode()
}
