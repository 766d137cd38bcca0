package journal

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/guarded"
)

// Limits for a journal. The documentation of package testserver states them.
const (
	maxRequests = 1000
	maxClients  = 4096
)

// Request is the record of one request. It contains no tokens, secrets or other
// credentials, so it may be printed.
type Request struct {
	Time     time.Time          // arrival time, by the server's clock
	Endpoint catalogue.Endpoint // catalogue.Any if the path is not served
	Method   string
	Client   string // the ID given to ClientFor; "" without ClientFor
	ClientID string // the OAuth client that authenticated; "" if none did

	// Header is the header of the request, without the field Testserver-Client.
	// Values are replaced by fingerprints: the first 8 bytes of their SHA-256
	// in hex. A value is recorded unchanged only if its field is harmless
	// (Accept, Content-Type, User-Agent and the like) and the value is at most
	// 256 bytes long. In Authorization the schemes Basic, Bearer and DPoP are
	// kept, and only the rest is replaced: "Bearer 5e884898da280471". At most
	// 64 fields with 8 values each are recorded.
	Header http.Header

	// Form is the form in the body, or the query of a GET, if the endpoint
	// takes a form. Values are replaced by fingerprints, except for the values
	// of client_id, grant_type, response_type, scope and others that reveal
	// nothing. Names that are not parameters of this server are also replaced
	// by fingerprints. Form is set once the body has been read, before a fault
	// applies.
	Form url.Values

	// Status is the status of the response. It is set before the client
	// receives the response, and is 0 until then. It stays 0 if the server
	// sends no response: after DropConnection, or when the client did not wait.
	Status int

	Injected bool // a fault produced the response
}

// Journal holds the records and the counts of a server's requests. It counts
// all requests, but records only the most recent ones.
type Journal struct{ log guarded.Value[requestLog] }

type requestLog struct {
	recorded []*Request                            // oldest first
	counts   map[string]map[catalogue.Endpoint]int // by client; the key "" counts all clients
	resets   int
	arrival  chan struct{} // closed by the next request; nil until an Await needs it
}

// Add records a request when it arrives, so that requests that hang are also
// recorded.
func (j *Journal) Add(r *Request) {
	l, unlock := j.log.Lock()
	defer unlock()
	l.count("", r.Endpoint)
	if r.Client != "" && (l.counts[r.Client] != nil || len(l.counts) <= maxClients) {
		l.count(r.Client, r.Endpoint)
	}
	if len(l.recorded) == maxRequests {
		l.recorded = slices.Delete(l.recorded, 0, 1)
	}
	l.recorded = append(l.recorded, r)
	if l.arrival != nil {
		close(l.arrival)
		l.arrival = nil
	}
}

func (l *requestLog) count(client string, ep catalogue.Endpoint) {
	if l.counts == nil {
		l.counts = map[string]map[catalogue.Endpoint]int{}
	}
	if l.counts[client] == nil {
		l.counts[client] = map[catalogue.Endpoint]int{}
	}
	l.counts[client][catalogue.Any]++
	if ep != catalogue.Any {
		l.counts[client][ep]++
	}
}

// answered sets the status of a request. It does so even if the journal has
// dropped the record of the request in the meantime.
func (j *Journal) answered(r *Request, status int) {
	_, unlock := j.log.Lock()
	defer unlock()
	r.Status = status
}

// ReadForm records the form of a request. It is separate from Add because the
// body may arrive much later. The caller must use the returned request in place
// of r.
func (j *Journal) ReadForm(recorded *Request, r *http.Request) *http.Request {
	form, r := readForm(r)
	_, unlock := j.log.Lock()
	defer unlock()
	recorded.Form = form
	return r.WithContext(context.WithValue(r.Context(), recordKey{}, recorded))
}

type recordKey struct{}

// Identify records the client that has authenticated in r.
func (j *Journal) Identify(r *http.Request, client string) {
	if recorded, ok := r.Context().Value(recordKey{}).(*Request); ok { // missing if a fault has replaced the request
		_, unlock := j.log.Lock()
		defer unlock()
		recorded.ClientID = client
	}
}

// Reset drops all requests and counts.
func (j *Journal) Reset() {
	l, unlock := j.log.Lock()
	defer unlock()
	l.recorded, l.counts = nil, nil
	l.resets++
}

// Requests returns copies of the recorded requests to the given endpoints,
// oldest first. If eps is empty or contains Any, it returns all requests.
func (j *Journal) Requests(eps ...catalogue.Endpoint) []Request {
	l, unlock := j.log.RLock()
	defer unlock()
	var list []Request
	for _, r := range l.recorded {
		if len(eps) == 0 || slices.Contains(eps, catalogue.Any) || slices.Contains(eps, r.Endpoint) {
			c := *r
			c.Header, c.Form = r.Header.Clone(), url.Values(http.Header(r.Form).Clone())
			list = append(list, c)
		}
	}
	return list
}

// Mark selects requests to count: the requests that the given clients, or all
// clients, have sent since the Mark was made. The zero Mark selects all
// requests.
type Mark struct {
	clients []string
	resets  int
	before  map[catalogue.Endpoint]int
}

// Mark returns a Mark that selects all requests that the given clients send
// from now on. If clients is empty, the Mark selects the requests of every
// client.
func (j *Journal) Mark(clients []string) Mark {
	l, unlock := j.log.RLock()
	defer unlock()
	m := Mark{clients: slices.Compact(slices.Sorted(slices.Values(clients))), resets: l.resets}
	m.before = l.sum(m.clients)
	return m
}

func (l *requestLog) sum(clients []string) map[catalogue.Endpoint]int {
	if len(clients) == 0 {
		return maps.Clone(l.counts[""])
	}
	sum := map[catalogue.Endpoint]int{}
	for _, c := range clients {
		for ep, n := range l.counts[c] {
			sum[ep] += n
		}
	}
	return sum
}

func (l *requestLog) since(m Mark, ep catalogue.Endpoint) int {
	n := l.sum(m.clients)[ep]
	if m.resets == l.resets {
		n -= m.before[ep]
	}
	return n
}

// Count returns the number of requests to ep that m selects. It includes
// requests that were refused.
func (j *Journal) Count(m Mark, ep catalogue.Endpoint) int {
	l, unlock := j.log.RLock()
	defer unlock()
	return l.since(m, ep)
}

// Await waits until [Journal.Count] returns at least n, or until ctx ends. It
// then returns the count.
func (j *Journal) Await(ctx context.Context, m Mark, ep catalogue.Endpoint, n int) (int, error) {
	for {
		l, unlock := j.log.Lock()
		got := l.since(m, ep)
		if l.arrival == nil {
			l.arrival = make(chan struct{})
		}
		arrival := l.arrival
		unlock()
		if got >= n {
			return got, nil
		}
		select {
		case <-arrival:
		case <-ctx.Done():
			return got, ctx.Err()
		}
	}
}
