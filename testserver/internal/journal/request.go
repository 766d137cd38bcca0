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

// Bounds of a journal. The documentation of package testserver states them.
const (
	maxRequests = 1000
	maxClients  = 4096
)

// Request is the record of one request. It contains no tokens, secrets or other
// credentials, so it may be printed.
type Request struct {
	Time     time.Time          // of its arrival, by the server's clock
	Endpoint catalogue.Endpoint // Any for a path that is not served
	Method   string
	Client   string // the id given to ClientFor, "" for other clients
	ClientID string // the OAuth client that authenticated, "" for none

	// Header is the header of the request, except the client's name. Values are
	// replaced by their fingerprints, the first 8 bytes of their SHA-256 in
	// hex, unless the field is harmless (Accept, Content-Type, User-Agent and
	// the like) and the value at most 256 bytes long. In Authorization only the
	// token is replaced, not the scheme: "Bearer 5e884898da280471". At most 64
	// fields with 8 values are recorded.
	Header http.Header

	// Form is the form in the body, or the query of a GET, if the endpoint
	// takes a form. It has fingerprints instead of all values except those of
	// client_id, grant_type, response_type, scope and others that reveal
	// nothing, and instead of names that are not OAuth parameters. It is set
	// once the body has been read, before a fault answers.
	Form url.Values

	// Status is the status of the answer, set before the client receives it. It
	// is 0 before there is an answer, and stays 0 without one: after
	// DropConnection, or when the client did not wait.
	Status int

	Injected bool // a fault answered
}

// Journal has the records and the counts of a server's requests. It counts all
// requests and has the records of the last ones.
type Journal struct{ log guarded.Value[requestLog] }

type requestLog struct {
	recorded []*Request                            // oldest first
	counts   map[string]map[catalogue.Endpoint]int // by client, "" for all of them
	resets   int
	arrival  chan struct{} // closed by the next request; nil while no Await waits
}

// Add records a request when it arrives, so that hanging requests are recorded
// too.
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

// answered sets the status of a request, whose record may have been dropped.
func (j *Journal) answered(r *Request, status int) {
	_, unlock := j.log.Lock()
	defer unlock()
	r.Status = status
}

// ReadForm records the form of a request. It is separate from Add because the
// body may arrive much later. Use the returned request from then on.
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
	if recorded, ok := r.Context().Value(recordKey{}).(*Request); ok { // a fault may have replaced the request
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

// Requests returns copies of the recorded requests to the endpoints, oldest
// first. Any, or no endpoint, means all.
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

// Mark is a point in time from which requests are counted: those of some
// clients, or of all. The zero Mark counts all requests from the start.
type Mark struct {
	clients []string
	resets  int
	before  map[catalogue.Endpoint]int
}

// Mark returns a Mark for now. Without clients it counts the requests of all
// clients.
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

// Count is the number of requests that reached ep since the mark, refused ones
// included.
func (j *Journal) Count(m Mark, ep catalogue.Endpoint) int {
	l, unlock := j.log.RLock()
	defer unlock()
	return l.since(m, ep)
}

// Await waits until Count is at least n or ctx ends, and returns Count.
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
