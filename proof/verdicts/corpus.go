package main

import (
	"encoding/json"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

// request is one line of a corpus.
type request struct {
	What   string   // how the request was made, for people who read the corpus
	Setup  string   // name of the verifier's setup
	Route  string   // a requirement (none, read, admin, optional, nested, switched, broken) or a method (verify, check)
	At     int64    // seconds after the start
	Fields []string // the Authorization fields; each byte is stored as the character with the same code
	Query  string   // the query, encoded like Fields
	Answer answer   // the introspection response; for each token, only the response in the first request is used
	Leaves bool     // the client disconnects during the introspection request
}

type answer struct {
	Status int
	Type   string
	Body   string
}

func fromBytes(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		b.WriteRune(rune(c))
	}
	return b.String()
}

func toBytes(s string) string {
	var b []byte
	for _, c := range s {
		b = append(b, byte(c)) //nolint:gosec // fromBytes makes none above 255
	}
	return string(b)
}

// maker makes requests.
type maker struct {
	mutator
	at      int64
	count   int
	signers map[string]*signer
	past    []request
}

// signer is an authorization server.
type signer struct {
	server *testserver.Server // nil for the issuers "odd" and "hs"
	issuer string
	keys   []testserver.Key // signing keys, the current key first
}

// write writes a corpus of n requests.
func write(out io.Writer, n int, seed uint64) error {
	m := &maker{mutator: mutator{rand.New(rand.NewPCG(seed, 0))}, signers: make(map[string]*signer)} //nolint:gosec // the requests must be reproducible
	k := keys{Sets: make(map[string]string), Secret: []byte(strings.Repeat("a secret of all", 4))}
	for name, alg := range map[string]testserver.Alg{"es": "ES256", "rs": "RS256", "ed": "EdDSA", "many": "ES256"} {
		server, err := testserver.NewUnstarted(testserver.Seed(name+strconv.FormatUint(seed, 10)), testserver.IssuerURL(issuerURL(name)), testserver.SigningAlg(alg),
			testserver.Clock(m.now), testserver.Audience(audience), testserver.Scope("read", "write"), testserver.AccessTTL(5*time.Minute))
		if err != nil {
			return err
		}
		s := &signer{server: server, issuer: issuerURL(name), keys: []testserver.Key{server.SigningKey()}}
		if name == "many" {
			s.keys = append([]testserver.Key{server.Rotate()}, s.keys...)
		}
		m.signers[name], k.Sets[name] = s, string(server.JWKS())
	}
	odd := &signer{issuer: issuerURL("odd")}
	for _, name := range []string{"es", "rs", "ed", "many"} {
		odd.keys = append(odd.keys, m.signers[name].keys...)
	}
	m.signers["odd"], k.Sets["odd"] = odd, oddSet(k.Sets)
	m.signers["hs"] = &signer{issuer: issuerURL("hs"), keys: []testserver.Key{{ID: "hs-1", Alg: "HS256", Secret: k.Secret}}}
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	if err := lines.Encode(k); err != nil { //nolint:gosec // the secret is invented
		return err
	}
	for i := range n {
		m.at = int64(i / 50) // advances, so that tokens expire while they are cached
		if err := lines.Encode(m.next()); err != nil {
			return err
		}
	}
	return nil
}

// oddSet returns a key set with the keys of other issuers. Some keys lack a
// member or have an extra one. One key has the wrong use.
func oddSet(sets map[string]string) string {
	type set struct {
		Keys []map[string]any `json:"keys"`
	}
	var odd set
	for _, name := range []string{"es", "rs", "ed", "many"} {
		var one set
		if err := json.Unmarshal([]byte(sets[name]), &one); err != nil {
			panic(err)
		}
		for _, key := range one.Keys {
			switch name {
			case "es":
				delete(key, "kid")
			case "rs":
				delete(key, "alg")
				key["crv"], key["d"] = "P-256", nil
			case "ed":
				delete(key, "use")
				key["key_ops"] = []string{}
			}
			odd.Keys = append(odd.Keys, key)
		}
	}
	last := len(odd.Keys) - 1
	odd.Keys[last]["use"] = "enc"
	odd.Keys = append(odd.Keys, map[string]any{"kty": "AKP", "kid": "pq", "alg": "ML-DSA-44", "pub": "x"}, map[string]any{"kty": "oct", "kid": "oct", "k": "c2VjcmV0"})
	text, err := json.Marshal(odd)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (m *maker) now() time.Time { return start.Add(time.Duration(m.at) * time.Second) }

// next returns a new request, or repeats the newest or an earlier request,
// sometimes with a different route.
func (m *maker) next() request {
	p, n := m.Float64(), len(m.past)
	var r request
	switch {
	case n > 0 && p < 0.20:
		r = m.past[n-1]
	case n > 0 && p < 0.35:
		back := m.Float64() * m.Float64() * m.Float64() // usually near 0, which selects a recent request
		r = m.past[int(float64(n-1)*(1-back))]
	default:
		r = m.request()
		m.past = append(m.past, r)
		if len(m.past) > 20_000 {
			m.past = slices.Clone(m.past[10_000:])
		}
	}
	r.At = m.at
	if p < 0.10 && !r.Leaves && !bare(r.Route) {
		r.Route = m.route()
	}
	if r.Leaves {
		m.past = m.past[:len(m.past)-1] // do not repeat this request, because timing decides when its answer is cached
	}
	return r
}

func (m *maker) route() string {
	if m.some(0.2) {
		return "broken"
	}
	return m.one("none", "none", "read", "read", "read", "admin", "optional", "nested", "switched")
}

// bare reports whether a request to the route is a method call with a token
// instead of an HTTP request.
func bare(route string) bool { return route == "verify" || route == "check" }

func (m *maker) request() request {
	s := setups[m.IntN(len(setups))]
	r := request{Setup: s.name, Route: m.route()}
	by := m.signers[s.signers[0]]
	if m.some(12) {
		by = m.signers[s.signers[len(s.signers)-1]]
	}
	m.count++
	var token string
	if s.introspectionTTL != 0 && m.some(35) || m.some(2) {
		token, r.What = m.handle(), "opaque"
		r.Leaves = m.some(4)
	} else {
		token, r.What = m.jwt(by)
	}
	if m.some(13) {
		var how string
		token, how = m.token(token)
		r.What, r.Leaves = r.What+", "+how, false // Leaves needs an introspection request, but the changed token may be cached already
	}
	fields := []string{"Bearer " + token}
	if s.introspectionTTL != 0 {
		var how string
		r.Answer, how = m.answer(m.signers[s.signers[0]])
		r.What += ", answer " + how
	}
	switch {
	case m.some(6):
		r.Route, fields = m.one("verify", "check"), []string{token}
	case m.some(10):
		var how string
		fields, how = m.fields(token)
		r.What += ", " + how
	}
	if m.some(5) {
		r.Query = fromBytes(m.query(token))
		r.What += ", query"
	}
	for _, field := range fields {
		r.Fields = append(r.Fields, fromBytes(field))
	}
	return r
}
