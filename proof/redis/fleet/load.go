package main

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// sample is a token and the expected answer.
type sample struct {
	kind   kind
	want   expectation
	token  string
	key    testserver.Key // key of a bound token
	shift  time.Duration  // error of the client's clock and of the token's dates
	victim int
}

// load sends requests through the proxy and records the answers.
type load struct {
	fleet     *fleet
	client    *http.Client
	began     time.Time
	recording *recording

	opaque, bad []sample
	current     atomic.Pointer[[2][]sample] // [0]: bearer tokens, [1]: bound tokens; signed with the current key
	proofs      atomic.Int64                // number of the newest proof

	mu   sync.Mutex
	used []proof
	gone []sample // revoked tokens
}

// proof is a proof of a client.
type proof struct {
	sample sample
	text   string
	number int64
	dated  time.Duration
}

// skews contains the clock errors of the clients and of the issuer, relative to
// the clocks of the processes.
var skews = []time.Duration{-20 * time.Second, 0, 20 * time.Second}

const (
	opaqueTokens = 20
	perSkew      = 5    // number of JWTs, and of bound tokens, that are in use for each skew
	maxUsed      = 4096 // maximum number of proofs that are kept for replays
)

func newLoad(f *fleet, workers int, began time.Time) *load {
	l := &load{fleet: f, began: began, recording: &recording{}, client: &http.Client{
		Transport: &http.Transport{MaxIdleConns: 0, MaxIdleConnsPerHost: 4 * workers}, Timeout: 20 * time.Second,
	}}
	for range opaqueTokens {
		l.opaque = append(l.opaque, sample{kind: opaque, token: l.mint(testserver.OpaqueTokens(), testserver.ExpiresIn(24*time.Hour))})
	}
	for _, d := range []testserver.Defect{
		testserver.Expired, testserver.WrongIssuer, testserver.WrongAudience, testserver.BadSignature, testserver.AlgNone,
		testserver.HS256Confusion, testserver.ForeignKeySameKid, testserver.BoundAsBearer,
	} {
		l.bad = append(l.bad, sample{kind: bearer, want: bad, token: l.mint(testserver.With(d))})
	}
	l.renew()
	return l
}

func (l *load) mint(options ...testserver.TokenOption) string {
	return l.fleet.as.Token(append(options, testserver.Scope(scope))...)
}

// shifted returns options that set iat, nbf and exp. They simulate an issuer
// whose clock is wrong by shift.
func shifted(shift time.Duration) []testserver.TokenOption {
	at := time.Now().Add(shift)
	return []testserver.TokenOption{testserver.Claim("iat", at), testserver.Claim("nbf", at), testserver.Claim("exp", at.Add(5*time.Minute))}
}

// renew makes new tokens with the current key.
func (l *load) renew() {
	var made [2][]sample
	for _, shift := range skews {
		for range perSkew {
			key := testserver.GenerateKey("ES256", "")
			made[0] = append(made[0], sample{kind: bearer, shift: shift, token: l.mint(shifted(shift)...)})
			made[1] = append(made[1], sample{kind: bound, shift: shift, key: key, token: l.mint(append(shifted(shift), testserver.BoundTo(key))...)})
		}
	}
	l.current.Store(&made)
}

// run sends requests with the given number of workers until ctx ends. It
// replaces the current tokens every second.
func (l *load) run(ctx context.Context, workers int, seed uint64) {
	var all sync.WaitGroup
	all.Go(func() {
		for wait(ctx, time.Second) {
			l.renew()
		}
	})
	for i := range workers {
		all.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(i))) //nolint:gosec // reproducible
			for ctx.Err() == nil {
				l.request(ctx, random)
			}
		})
	}
	all.Wait()
}

// request sends a request of random kind with a random token.
func (l *load) request(ctx context.Context, random *rand.Rand) {
	pick := func(list []sample) sample { return list[random.IntN(len(list))] }
	current := l.current.Load()
	switch n := random.IntN(100); {
	case n < 35:
		l.send(ctx, pick(current[0]))
	case n < 60:
		l.send(ctx, pick(l.opaque))
	case n < 83:
		l.prove(ctx, pick(current[1]), random.IntN(4) == 0)
	case n < 86:
		l.pair(ctx, pick(current[1]))
	case n < 91:
		l.replay(ctx, random)
	case n < 96:
		l.mu.Lock()
		gone := l.gone
		l.mu.Unlock()
		if len(gone) > 0 {
			l.send(ctx, pick(gone))
		}
	default:
		l.send(ctx, pick(l.bad))
	}
}

// send sends a token and, if it is bound, a new proof.
func (l *load) send(ctx context.Context, s sample) {
	var p proof
	if s.kind == bound {
		p = l.newProof(s)
	}
	l.exchange(ctx, s, p)
}

// prove sends a bound token with a new proof. If again is true, it keeps the
// proof, so that replay may send the proof again.
func (l *load) prove(ctx context.Context, s sample, again bool) {
	p := l.newProof(s)
	l.exchange(ctx, s, p)
	if again {
		l.keep(p)
	}
}

func (l *load) newProof(s sample) proof {
	at := time.Now().Add(s.shift)
	text := testserver.Proof(s.key, http.MethodPost, origin+"/items", s.token, testserver.Claim("iat", at))
	return proof{s, text[0], l.proofs.Add(1), at.Sub(l.began)}
}

// keep stores a proof. If there are already maxUsed proofs, it replaces one of
// them.
func (l *load) keep(p proof) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.used) < maxUsed {
		l.used = append(l.used, p)
	} else {
		l.used[p.number%maxUsed] = p
	}
}

// pair sends two requests at the same time, with the same new proof.
func (l *load) pair(ctx context.Context, s sample) {
	s.want = paired
	p := l.newProof(s)
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { l.exchange(ctx, s, p) })
	}
	both.Wait()
	l.keep(p)
}

// replay sends one of the used proofs again.
func (l *load) replay(ctx context.Context, random *rand.Rand) {
	l.mu.Lock()
	if len(l.used) == 0 {
		l.mu.Unlock()
		return
	}
	p := l.used[random.IntN(len(l.used))]
	l.mu.Unlock()
	s := p.sample
	s.want = replay
	l.exchange(ctx, s, p)
}

// exchange sends a request and records the answer, even if ctx ends before the
// answer arrives. The request is a POST, because HTTP clients and proxies may
// repeat a GET if a connection breaks. The API would then see the proof twice.
func (l *load) exchange(ctx context.Context, s sample, p proof) {
	e := event{kind: s.kind, want: s.want, victim: s.victim, proof: p.number, dated: p.dated, server: noServer}
	r, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodPost, l.fleet.url+"/items", http.NoBody)
	if err != nil {
		panic(err) // the URL is constant
	}
	scheme := "Bearer "
	if p.text != "" {
		scheme = "DPoP "
		r.Header["Dpop"] = []string{p.text}
	}
	r.Header.Set("Authorization", scheme+s.token)
	e.sent = time.Since(l.began)
	response, err := l.client.Do(r)
	if err == nil {
		_, err = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
	e.took = time.Since(l.began) - e.sent
	if err == nil {
		e.status = response.StatusCode
		if server, err := strconv.Atoi(response.Header.Get("X-Server")); err == nil {
			e.server = server
		}
	}
	l.recording.add(e)
}
