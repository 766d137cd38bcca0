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

// Bounds of a journal. They are stated in the documentation of package
// testserver.
const (
	maxRequests = 1000
	maxClients  = 4096
)

// Request is what the server remembers of one request. It holds no token, no
// secret and no other credentials, so it may be printed.
type Request struct {
	Time     time.Time          // of its arrival, by the server's clock
	Endpoint catalogue.Endpoint // Any for a path at which nothing is served
	Method   string
	Client   string // the id given to ClientFor, "" for other clients
	ClientID string // the OAuth client that authenticated, "" for none

	// Header is what was sent, except the client's name. Values are replaced by
	// their fingerprints, the first 8 bytes of their SHA-256 in hex, unless the
	// field is known to be harmless (Accept, Content-Type, User-Agent and the
	// like) and the value at most 256 bytes long. In Authorization the scheme
	// stays and only the token is fingerprinted: "Bearer 5e884898da280471". At
	// most 64 fields of 8 values are kept.
	Header http.Header

	// Form is the body, if the endpoint takes a form and there was one, or the
	// query of a GET to such an endpoint: with fingerprints for all values except
	// those of client_id, grant_type, response_type, scope and others that reveal
	// nothing, and for names that no OAuth parameter has. It is there when the body
	// has been read, which is before a fault answers.
	Form url.Values

	// Status is that of the answer, set before the client has it. It is 0
	// while there is no answer, and stays 0 if there never is one: after
	// DropConnection, or when the client did not wait.
	Status int

	Injected bool // a fault answered
}

// Journal is the memory of a server. Counts are exact for ever; of the requests
// themselves the last ones are kept.
type Journal struct{ log guarded.Value[requestLog] }

type requestLog struct {
	kept    []*Request                            // oldest first
	counts  map[string]map[catalogue.Endpoint]int // by client, "" meaning all of them
	resets  int
	arrival chan struct{} // closed by the next one; nil while nobody waits
}

// Add notes a request when it arrives, so that one which hangs can be seen.
func (j *Journal) Add(r *Request) {
	l, unlock := j.log.Lock()
	defer unlock()
	l.count("", r.Endpoint)
	if r.Client != "" && (l.counts[r.Client] != nil || len(l.counts) <= maxClients) {
		l.count(r.Client, r.Endpoint)
	}
	if len(l.kept) == maxRequests {
		l.kept = slices.Delete(l.kept, 0, 1)
	}
	l.kept = append(l.kept, r)
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

// answered notes the status of a request, which may have been dropped by now.
func (j *Journal) answered(r *Request, status int) {
	_, unlock := j.log.Lock()
	defer unlock()
	r.Status = status
}

// ReadForm notes the form of a request, which has arrived already: its body may be
// long in coming. The request returned is the one to go on with.
func (j *Journal) ReadForm(kept *Request, r *http.Request) *http.Request {
	form, r := readForm(r)
	_, unlock := j.log.Lock()
	defer unlock()
	kept.Form = form
	return r.WithContext(context.WithValue(r.Context(), recordKey{}, kept))
}

type recordKey struct{}

// Identify notes which client has authenticated in r.
func (j *Journal) Identify(r *http.Request, client string) {
	if kept, ok := r.Context().Value(recordKey{}).(*Request); ok { // a fault can have put another request in its place
		_, unlock := j.log.Lock()
		defer unlock()
		kept.ClientID = client
	}
}

// Reset drops all requests and counts.
func (j *Journal) Reset() {
	l, unlock := j.log.Lock()
	defer unlock()
	l.kept, l.counts = nil, nil
	l.resets++
}

// Requests returns copies of the kept requests to the endpoints, oldest first;
// Any and no endpoint mean all.
func (j *Journal) Requests(eps ...catalogue.Endpoint) []Request {
	l, unlock := j.log.RLock()
	defer unlock()
	var list []Request
	for _, r := range l.kept {
		if len(eps) == 0 || slices.Contains(eps, catalogue.Any) || slices.Contains(eps, r.Endpoint) {
			c := *r
			c.Header, c.Form = r.Header.Clone(), url.Values(http.Header(r.Form).Clone())
			list = append(list, c)
		}
	}
	return list
}

// Mark is a moment to count from: for some clients, or for all if none are
// named. The zero Mark is the beginning.
type Mark struct {
	clients []string
	resets  int
	before  map[catalogue.Endpoint]int
}

// Mark returns this moment.
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
