package as

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Bounds of a journal. They are stated in the documentation of package
// testserver.
const (
	maxRequests = 1000
	maxClients  = 4096
)

// Request is what is kept of a request.
type Request struct {
	Time     time.Time
	Endpoint Endpoint // Any if nothing is served there
	Method   string
	Client   string
	ClientID string      // who has authenticated
	Header   http.Header // without secrets
	Form     url.Values  // as above; nil if the endpoint takes none
	Status   int         // 0 until the answer begins
	Injected bool
}

// counts are the requests by client, "" meaning all of them, and endpoint.
type counts map[string]map[Endpoint]int

// journal is the memory of a server. Counts are exact for ever; of the requests
// themselves the last ones are kept.
type journal struct {
	mu      sync.Mutex
	kept    []*Request // oldest first
	counts  counts
	resets  int
	arrival chan struct{} // closed by the next one; nil while nobody waits
}

func newJournal() *journal { return &journal{counts: counts{}} }

// add notes a request when it arrives, so that one which hangs can be seen.
func (j *journal) add(r *Request) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.count("", r.Endpoint)
	if r.Client != "" && (j.counts[r.Client] != nil || len(j.counts) <= maxClients) {
		j.count(r.Client, r.Endpoint)
	}
	if len(j.kept) == maxRequests {
		j.kept = slices.Delete(j.kept, 0, 1)
	}
	j.kept = append(j.kept, r)
	if j.arrival != nil {
		close(j.arrival)
		j.arrival = nil
	}
}

func (j *journal) count(client string, ep Endpoint) {
	if j.counts[client] == nil {
		j.counts[client] = map[Endpoint]int{}
	}
	j.counts[client][Any]++
	if ep != Any {
		j.counts[client][ep]++
	}
}

// answered notes the status of a request, which may have been forgotten by now.
func (j *journal) answered(r *Request, status int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	r.Status = status
}

// read notes the form of a request, which has arrived already: its body may be
// long in coming. The request returned is the one to go on with.
func (j *journal) read(kept *Request, r *http.Request) *http.Request {
	form, r := peek(r)
	j.mu.Lock()
	defer j.mu.Unlock()
	kept.Form = form
	return r.WithContext(context.WithValue(r.Context(), recordKey{}, kept))
}

type recordKey struct{}

// identified notes who r turned out to come from.
func (j *journal) identified(r *http.Request, client string) {
	if kept, ok := r.Context().Value(recordKey{}).(*Request); ok { // a fault can have put another request in its place
		j.mu.Lock()
		defer j.mu.Unlock()
		kept.ClientID = client
	}
}

func (j *journal) reset() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.kept, j.counts = nil, counts{}
	j.resets++
}

// Requests returns copies of the kept requests to the endpoints, oldest first;
// Any and no endpoint mean all.
func (s *Server) Requests(eps ...Endpoint) []Request {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	var list []Request
	for _, r := range s.journal.kept {
		if len(eps) == 0 || slices.Contains(eps, Any) || slices.Contains(eps, r.Endpoint) {
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
	before  map[Endpoint]int
}

// Mark returns this moment.
func (s *Server) Mark(clients []string) Mark {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	m := Mark{clients: slices.Compact(slices.Sorted(slices.Values(clients))), resets: s.journal.resets}
	m.before = s.journal.sum(m.clients)
	return m
}

func (j *journal) sum(clients []string) map[Endpoint]int {
	if len(clients) == 0 {
		return maps.Clone(j.counts[""])
	}
	sum := map[Endpoint]int{}
	for _, c := range clients {
		for ep, n := range j.counts[c] {
			sum[ep] += n
		}
	}
	return sum
}

// since needs j.mu.
func (j *journal) since(m Mark, ep Endpoint) int {
	n := j.sum(m.clients)[ep]
	if m.resets == j.resets {
		n -= m.before[ep]
	}
	return n
}

// Count is the number of requests that reached ep since the mark, refused ones
// included.
func (s *Server) Count(m Mark, ep Endpoint) int {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return s.journal.since(m, ep)
}

// Await waits until Count is at least n or ctx ends, and returns Count.
func (s *Server) Await(ctx context.Context, m Mark, ep Endpoint, n int) (int, error) {
	j := s.journal
	for {
		j.mu.Lock()
		got := j.since(m, ep)
		if j.arrival == nil {
			j.arrival = make(chan struct{})
		}
		arrival := j.arrival
		j.mu.Unlock()
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

// Reset removes all faults, ends all freezes and forgets all tokens and requests.
func (s *Server) Reset() {
	s.faults.clear()
	s.Keys.Thaw()
	s.journal.reset()
	s.store.reset()
	s.grants.reset()
	s.scripts.reset()
	s.audit.Reset()
}
