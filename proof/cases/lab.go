package cases

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/revoke"
	"github.com/bearerguard/bearerguard/testserver"
)

const (
	audience     = "api"
	canary       = "canary"  // marks text from attackers; must not appear in an answer or in the log
	headerLimit  = 32 << 10  // maximum size of a request's header, in bytes
	readAllLimit = 256 << 10 // maximum size of a request's body, in bytes
)

// tokens makes the tokens of the requests.
type tokens struct {
	forge.Maker
	unreachable string // a token of an unreachable issuer
}

// scoped returns a token that has only the given scopes.
func (t tokens) scoped(scope string) string {
	return t.Token(t.Header(), t.Claims("scope", `"`+scope+`"`))
}

// identified returns a token with a jti. The jti decides what Config.Revoked
// returns.
func (t tokens) identified(id string) string {
	return t.Token(t.Header(), t.Claims("jti", `"`+id+`"`))
}

// listed returns a list with one revocation of each kind. The revocation of the
// kind Sessionless has the value "sessionless". All other revocations have the
// value "listed". A revocation of the kind Token applies to tokens of any age.
// All other revocations apply only to tokens that were issued in the second of
// t.Now or before, or that have no iat.
func (t tokens) listed(test *testing.T) *revoke.List {
	test.Helper()
	list, err := revoke.New(revoke.Config{})
	if err != nil {
		test.Fatal(err)
	}
	for kind, value := range map[revoke.Kind]string{
		revoke.Token: "listed", revoke.Subject: "listed", revoke.Session: "listed", revoke.Client: "listed", revoke.Sessionless: "sessionless",
	} {
		r := revoke.Revocation{Issuer: t.Issuer, Kind: kind, Value: value, Before: t.Now, Until: t.Now.Add(time.Hour)}
		if err := list.Add(test.Context(), r); err != nil {
			test.Fatal(err)
		}
	}
	return list
}

// lab is a test environment: the API, built with every framework and served
// over every protocol.
type lab struct {
	tokens
	verifier *middleware.Verifier
	targets  []*target
	log      *logBuffer // the log of the verifier, the servers and the programs that use the adapters

	certificates *certificates // the certificates of clients; nil means that the API does not ask for certificates
}

// target is the API, built with one framework and served over one protocol.
type target struct {
	name                string
	framework, protocol string
	wire
	reached *reached
}

func newLab(t *testing.T, frameworks []Framework, changes ...func(*API)) *lab {
	t.Helper()
	as, down := testserver.New(t), testserver.New(t)
	l := &lab{
		tokens: tokens{
			Maker:       forge.Maker{Key: as.SigningKey(), Issuer: as.Issuer(), Audience: audience, Now: time.Now()},
			unreachable: down.Token(),
		},
		log: new(logBuffer),
	}
	if err := down.Close(); err != nil {
		t.Fatal(err)
	}
	logger := newLogger(l.log)
	cache := 0 // the default
	if os.Getenv("BEARERGUARD_TEST_TOKEN_CACHE") == "off" {
		cache = -1
	}
	var err error
	l.verifier, err = middleware.NewVerifier(middleware.Config{
		Audience:    audience,
		Issuers:     []middleware.Issuer{{URL: as.Issuer()}, {URL: down.Issuer()}},
		Client:      as.Client(),
		Logger:      logger,
		Revocations: l.listed(t),
		Revoked:     revoked,
		TokenCache:  cache,
	})
	if err != nil {
		t.Fatal(err)
	}
	l.open(t, frameworks, changes...)
	return l
}

// open builds the API with the lab's verifier on every framework and serves it.
func (l *lab) open(t *testing.T, frameworks []Framework, changes ...func(*API)) {
	t.Helper()
	for _, framework := range frameworks {
		counted := new(reached)
		a := API{Verifier: l.verifier, reached: counted.add, Log: newLogger(l.log)}
		for _, change := range changes {
			change(&a)
		}
		l.serve(t, framework.Name, framework.Routes(a), counted)
	}
}

// revoked is a deny-list. Depending on the jti of the token, it reports the
// token as revoked, fails or panics.
func revoked(_ context.Context, token *middleware.Token) (bool, error) {
	switch token.ID {
	case "revoked":
		return true, nil
	case "outage":
		return false, errors.New(canary)
	case "panic":
		panic(canary)
	}
	return false, nil
}

func (l *lab) serve(t *testing.T, framework string, handler http.Handler, counted *reached) {
	t.Helper()
	add := func(protocol string, w wire) {
		l.targets = append(l.targets, &target{framework + " over " + protocol, framework, protocol, w, counted})
	}
	if l.certificates != nil {
		for _, w := range l.serveCertified(t, handler) {
			add(w.protocol, w)
		}
		return
	}
	start := func(secure bool) *httptest.Server {
		server := l.unstarted(handler)
		if server.EnableHTTP2 = secure; secure {
			server.Config.Protocols.SetHTTP2(true)
			server.StartTLS()
		} else {
			server.Config.Protocols.SetHTTP1(true)
			server.Config.Protocols.SetUnencryptedHTTP2(true)
			server.Start()
		}
		t.Cleanup(server.Close)
		return server
	}
	address := func(s *httptest.Server) string { return s.Listener.Addr().String() }

	plain, secure := start(false), start(true)
	add("HTTP/1.1", http1{address: address(plain)})
	config := secure.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	config.ServerName, config.NextProtos = "example.com", []string{"h2"}
	http2 := func(protocol string, w *http2wire) {
		add(protocol, w)
		t.Cleanup(w.close)
	}
	http2("HTTP/2", &http2wire{address: address(plain)})
	http2("HTTP/2 under TLS", &http2wire{address: address(secure), config: config})
}

// unstarted returns a server for the API. The caller must choose the protocols
// and start the server.
func (l *lab) unstarted(handler http.Handler) *httptest.Server {
	server := httptest.NewUnstartedServer(drained(handler))
	server.Config.ErrorLog = log.New(l.log, "", 0)
	server.Config.MaxHeaderBytes = headerLimit
	server.Config.Protocols = new(http.Protocols)
	return server
}

// drained reads the whole body before the adapter runs, as other middleware may
// do. As a result, net/http has set the trailer when the adapter runs.
func drained(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, readAllLimit))
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// reached counts the handlers that ran.
type reached struct{ total, protected atomic.Int32 }

func (r *reached) add(route string, _ *middleware.Token) {
	r.total.Add(1)
	if route != "/open" && route != "/optional" {
		r.protected.Add(1)
	}
}

// reset returns how many handlers ran since the last call of reset, and how
// many of these handlers require a token.
func (r *reached) reset() (total, protected int) {
	return int(r.total.Swap(0)), int(r.protected.Swap(0))
}

func newLogger(j *logBuffer) *slog.Logger {
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// logBuffer collects a log. It is safe for concurrent use.
type logBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *logBuffer) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *logBuffer) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}
