package cases

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptrace"
	"testing"
)

// browser is a client that reuses connections and resumes TLS sessions, as web
// browsers and HTTP libraries do.
type browser struct {
	*http.Transport
	address string
}

// browse returns a client with the given certificate and session cache. Either
// may be nil.
func (w *certifiedWire) browse(t *testing.T, version uint16, c *tls.Certificate, sessions tls.ClientSessionCache) browser {
	t.Helper()
	b := browser{&http.Transport{TLSClientConfig: w.with(c), Protocols: new(http.Protocols)}, w.address}
	b.TLSClientConfig.ClientSessionCache, b.TLSClientConfig.MaxVersion = sessions, version
	b.Protocols.SetHTTP1(w.protocol == "HTTP/1.1")
	b.Protocols.SetHTTP2(w.protocol == "HTTP/2")
	t.Cleanup(b.CloseIdleConnections)
	return b
}

// visit is the result of a request: the status, whether the connection was
// reused and whether its TLS session was resumed.
type visit struct {
	status          int
	reused, resumed bool // the connection
}

func (b browser) visit(t *testing.T, authorization string) (v visit, err error) {
	t.Helper()
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) { v.reused = c.Reused }})
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+b.address+"/read", http.NoBody)
	check(t, err)
	r.Header.Set("Authorization", authorization)
	a, err := b.RoundTrip(r)
	if err != nil {
		return v, err
	}
	_, err = io.Copy(io.Discard, a.Body) // otherwise HTTP/1.1 closes the connection
	check(t, err)
	check(t, a.Body.Close())
	v.status, v.resumed = a.StatusCode, a.TLS.DidResume
	return v, nil
}

// expect sends a request and checks what the client sees.
func (b browser) expect(t *testing.T, authorization string, want visit) {
	t.Helper()
	if got, err := b.visit(t, authorization); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

// aConnectionHasOneCertificate sends several requests over one connection. It
// also resumes TLS sessions, and tries to resume the session of another client.
func aConnectionHasOneCertificate(t *testing.T, frameworks []Framework) {
	l := newProofLab(t, frameworks, certificatesOn)
	own, other := l.certificates.own, l.certificates.other
	mine, theirs := l.certified(), "Bearer "+l.bound("cnf", x5t(other.Leaf))
	cache := func() tls.ClientSessionCache { return tls.NewLRUClientSessionCache(0) }
	for _, c := range []struct {
		name string
		run  func(t *testing.T, browse func(*tls.Certificate, tls.ClientSessionCache) browser)
	}{
		{"requests on one connection have one certificate", func(t *testing.T, browse func(*tls.Certificate, tls.ClientSessionCache) browser) {
			b := browse(own, nil)
			b.expect(t, mine, visit{status: 200})
			b.expect(t, theirs, visit{status: 401, reused: true})
			b.expect(t, mine, visit{status: 200, reused: true})
		}},
		{"a client with two certificates uses two connections", func(t *testing.T, browse func(*tls.Certificate, tls.ClientSessionCache) browser) {
			first, second := browse(own, nil), browse(other, nil)
			first.expect(t, mine, visit{status: 200})
			second.expect(t, theirs, visit{status: 200})
			first.expect(t, theirs, visit{status: 401, reused: true})
			second.expect(t, mine, visit{status: 401, reused: true})
			first.expect(t, mine, visit{status: 200, reused: true})
			second.expect(t, theirs, visit{status: 200, reused: true})
		}},
		{"a resumed connection has the certificate of the first one", func(t *testing.T, browse func(*tls.Certificate, tls.ClientSessionCache) browser) {
			b := browse(own, cache())
			b.expect(t, mine, visit{status: 200})
			b.CloseIdleConnections()
			b.expect(t, mine, visit{status: 200, resumed: true})
			b.expect(t, theirs, visit{status: 401, reused: true, resumed: true})
		}},
		{"a certificate that is offered to resume a connection does not count", func(t *testing.T, browse func(*tls.Certificate, tls.ClientSessionCache) browser) {
			sessions := cache()
			browse(own, sessions).expect(t, mine, visit{status: 200})
			b := browse(other, sessions)
			b.expect(t, theirs, visit{status: 401, resumed: true})
			b.expect(t, mine, visit{status: 200, reused: true, resumed: true})
		}},
		{"a connection without a certificate does not get one when it is resumed", func(t *testing.T, browse func(*tls.Certificate, tls.ClientSessionCache) browser) {
			sessions := cache()
			browse(nil, sessions).expect(t, mine, visit{status: 401})
			browse(own, sessions).expect(t, mine, visit{status: 401, resumed: true})
		}},
		{"the ticket of another client does not resume its connection", func(t *testing.T, browse func(*tls.Certificate, tls.ClientSessionCache) browser) {
			victim, attacker := &session{}, &session{}
			browse(own, victim).expect(t, mine, visit{status: 200})
			browse(other, attacker).expect(t, theirs, visit{status: 200})
			ticket, _, err := victim.kept.ResumptionState()
			check(t, err)
			_, secret, err := attacker.kept.ResumptionState()
			check(t, err)
			attacker.kept, err = tls.NewResumptionState(ticket, secret)
			check(t, err)
			if got, err := browse(other, attacker).visit(t, mine); err == nil {
				t.Errorf("got %+v, want a failed handshake", got)
			}
		}},
	} {
		t.Run("M07/"+c.name, func(t *testing.T) {
			for _, target := range l.targets {
				for name, version := range map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
					t.Run(target.name+" under "+name, func(t *testing.T) {
						c.run(t, func(own *tls.Certificate, sessions tls.ClientSessionCache) browser {
							return target.wire.(*certifiedWire).browse(t, version, own, sessions)
						})
					})
				}
			}
		})
	}
}

// session is a cache of one TLS session.
type session struct{ kept *tls.ClientSessionState }

// Put implements [tls.ClientSessionCache].
func (s *session) Put(_ string, kept *tls.ClientSessionState) { s.kept = kept }

// Get implements [tls.ClientSessionCache].
func (s *session) Get(string) (*tls.ClientSessionState, bool) { return s.kept, s.kept != nil }
