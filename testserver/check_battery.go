package testserver

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// probe is one request of the battery and what must come back.
type probe struct {
	name          string
	sent          string   // for people
	authorization []string // field lines
	query         string   // access_token
	tokens        []string // all that was sent, to look for in the answer
	want          []reply  // any of them; none means 2xx
	bare          bool     // the challenge may have no error attribute
	lacks         string   // the value that a claim does not have
	has           []string // scopes and values of claims that the token has
	why, fix      string
}

// reply is a status and, unless it is "", an error code.
type reply struct {
	status int
	code   string
}

var (
	noToken   = reply{http.StatusUnauthorized, ""}
	badToken  = reply{http.StatusUnauthorized, "invalid_token"}
	badAsking = reply{http.StatusBadRequest, "invalid_request"}
)

const (
	// flood is the number of tokens with unknown keys, and of garbage, that
	// together may cause few fetches of the JWKS.
	flood = 20
	few   = 5
)

// battery makes all probes, and all their tokens, before anything is sent: the
// first use of an algorithm publishes a key, which a cache need not notice
// later.
func (c *check) battery() ([]probe, error) {
	var firstErr error
	good := func(opts ...TokenOption) string {
		token, err := c.mint(append(opts, tokenOption(func(d *token.Draft) {
			if d.Trap = c.trap; d.Defect != nil && len(opts) == 0 {
				d.Fail(fmt.Errorf("With(%q) would spoil the good token: the check makes the bad ones itself", d.Defect.Name))
			}
		}))...)
		if err != nil && firstErr == nil {
			firstErr = err
		}
		return token
	}
	probes := c.acceptances(good)
	probes = append(probes, c.refusals(good)...)
	probes = append(probes, garbage()...)
	if len(c.scopes) > 0 {
		probes = append(probes, lookAlike(c.scopes, good))
	}
	for _, need := range c.claims {
		probes = append(probes, c.withoutClaim(need, good)...)
	}
	for _, d := range token.Catalogue() {
		name := Defect(d.Name)
		switch {
		case slices.Contains(c.skip, name), d.OnRequest && !slices.Contains(c.also, name), name == MissingScope && len(c.scopes) == 0:
			continue
		}
		token := good(With(name))
		probes = append(probes, probe{
			name: d.Name, sent: "a token with the defect " + d.Name,
			authorization: []string{"Bearer " + token}, tokens: []string{token},
			want: []reply{{d.Status, d.Code}}, why: d.Wrong, fix: d.Fix,
		})
	}
	return probes, firstErr
}

func (c *check) acceptances(good func(...TokenOption) string) []probe {
	accepted := func(name, scheme, why, fix string) probe {
		token := good()
		return probe{
			name: name, sent: "a good token as " + scheme, why: why, fix: fix,
			authorization: []string{scheme + " " + token}, tokens: []string{token},
		}
	}
	const anyCase = "The name of an authentication scheme is case-insensitive (RFC 9110 §11.1)."
	const fold = "Compare the scheme with strings.EqualFold."
	return []probe{
		accepted(goodToken, "Bearer",
			"A valid token must be accepted (RFC 6750 §2.1), or a refusal of the bad ones would prove nothing; nothing else was checked.",
			"Let the API trust the server's Issuer() and reach it with its Client(); give the check RequireScope, Audience, Claim … for what the API asks of tokens; "+
				"let newRequest make a request that is answered with 2xx."),
		accepted("lower-case-scheme", "bearer", anyCase, fold),
		accepted("upper-case-scheme", "BEARER", anyCase, fold),
	}
}

const goodToken = "good-token"

func (c *check) refusals(good func(...TokenOption) string) []probe {
	a, b := good(), good()
	other, alone, beside, inQuery := good(), good(), good(), good()
	return []probe{{
		name: "no-token", sent: "no token", want: []reply{noToken}, bare: true,
		why: "A request without a token gets 401 and a Bearer challenge (RFC 6750 §3).",
		fix: "Refuse a request without an Authorization field before its handler runs.",
	}, {
		name: "other-scheme", sent: "a good token under the scheme Basic", want: []reply{noToken},
		authorization: []string{"Basic " + other}, tokens: []string{other},
		why: "Credentials of another scheme are no bearer token (RFC 6750 §2.1).",
		fix: "Check that the scheme is Bearer, instead of taking whatever follows the first space.",
	}, {
		name: "two-headers", sent: "two good tokens in two Authorization fields", want: []reply{badAsking},
		authorization: []string{"Bearer " + a, "Bearer " + b}, tokens: []string{a, b},
		why: "A request with two tokens is malformed, and two parties may take different ones (RFC 6750 §2, §3.1; RFC 9110 §5.3).",
		fix: "Read all values of the Authorization field (Header.Values, not Header.Get) and answer 400 unless there is one.",
	}, {
		name: "header-and-query", sent: "a good token in the header and one in the query", want: []reply{badAsking},
		authorization: []string{"Bearer " + beside}, query: inQuery, tokens: []string{beside, inQuery},
		why: "A client must not send a token in more than one way; such a request is malformed (RFC 6750 §2, §3.1).",
		fix: "Answer 400 if the query has an access_token beside the header, though it is never read as a token.",
	}, {
		name: "query-only", sent: "a good token in the query alone", want: []reply{noToken, badAsking},
		query: alone, tokens: []string{alone},
		why: "URLs end up in logs and histories; a token in one must not be accepted (RFC 9700 §4.3.2, RFC 6750 §2.3).",
		fix: "Read tokens from the Authorization field alone.",
	}}
}

// garbage is what no authorization server ever made.
func garbage() []probe {
	b64 := base64.RawURLEncoding.EncodeToString
	var probes []probe
	add := func(name, sent, credentials string, want ...reply) {
		probes = append(probes, probe{
			name: name, sent: sent, authorization: []string{credentials}, want: want,
			why: "A malformed token is refused like any other bad one (RFC 6750 §3.1).",
			fix: "Treat every error of parsing as a refusal.",
		})
	}
	add("garbage-empty", "the scheme Bearer and no token", "Bearer", reply{http.StatusBadRequest, ""}, noToken)
	add("garbage-opaque", "a word that is no JWT", "Bearer opaque", badToken, badAsking)
	add("garbage-words", "two words after Bearer", "Bearer one two", badAsking, badToken)
	add("garbage-dots", "two dots and nothing else", "Bearer ..", badToken, badAsking)
	add("garbage-null", "a JWT whose header and claims are null", "Bearer "+b64([]byte("null"))+"."+b64([]byte("null"))+".AAAA", badToken, badAsking)
	add("garbage-kid", "a JWT whose kid is an object", "Bearer "+b64([]byte(`{"alg":"ES256","typ":"at+jwt","kid":{"a":[]}}`))+".e30.AAAA", badToken, badAsking)
	return probes
}

// lookAlike is a token whose scopes resemble those that are needed.
func lookAlike(scopes []string, good func(...TokenOption) string) probe {
	var similar []string
	for _, s := range scopes {
		for _, like := range []string{s + "x", "x" + s, strings.ToUpper(s), strings.ToLower(s)} {
			if !slices.Contains(scopes, like) {
				similar = append(similar, like)
			}
		}
	}
	token := good(Scope(similar...))
	return probe{
		name: "look-alike-scope", sent: "a token with the scopes " + strings.Join(similar, " "),
		authorization: []string{"Bearer " + token}, tokens: []string{token},
		want: []reply{{http.StatusForbidden, "insufficient_scope"}},
		why:  "A scope is one of the words of the claim, case-sensitive (RFC 6749 §3.3, RFC 6750 §3.1).",
		fix:  "Split the claim at spaces and compare whole words, instead of looking for a substring.",
	}
}

// claimValue is a value that a route needs in a claim.
type claimValue struct{ claim, value string }

func (v claimValue) String() string { return fmt.Sprintf("%q in the claim %s", v.value, v.claim) }

// edited changes the strings of the claim. One string stays one if it is left as
// it is.
func (v claimValue) edited(edit func([]string) []string) TokenOption {
	return tokenOption(func(d *token.Draft) {
		had := d.TextsAt(v.claim)
		switch has := edit(slices.Clone(had)); {
		case slices.Equal(has, had):
		case len(has) == 0:
			d.DeleteAt(v.claim)
		default:
			d.SetAt(v.claim, has)
		}
	})
}

// carried adds the value if it is absent.
func (v claimValue) carried() TokenOption {
	return v.edited(func(list []string) []string {
		if slices.Contains(list, v.value) {
			return list
		}
		return append(list, v.value)
	})
}

// replaced puts others in the place of the value.
func (v claimValue) replaced(others ...string) TokenOption {
	return v.edited(func(list []string) []string {
		return append(slices.DeleteFunc(list, func(one string) bool { return one == v.value }), others...)
	})
}

// similar are values that only a careless comparison takes for this one. Those
// that the route needs as well are left out.
func (v claimValue) similar(needed []claimValue) []string {
	letters := []rune(v.value)
	title := strings.ToUpper(string(letters[0])) + string(letters[1:])
	shorter := string(letters[:len(letters)-1])
	var list []string
	for _, like := range []string{v.value + "x", "x" + v.value, v.value + " ", shorter, title, strings.ToUpper(v.value), strings.ToLower(v.value)} {
		if like != "" && !slices.Contains(list, like) && !slices.Contains(needed, claimValue{v.claim, like}) && like != v.value {
			list = append(list, like)
		}
	}
	return list
}

// elsewhere is the value in claims with other names: each name on the way to it
// changed, and the last one without those before.
func (v claimValue) elsewhere() (list []claimValue) {
	path, _ := token.ClaimPath(v.claim) // RequireClaim has looked at it
	for i := range path {
		other := slices.Clone(path)
		other[i] += "-other"
		list = append(list, claimValue{token.Pointer(other), v.value})
	}
	if n := len(path); n > 1 {
		list = append(list, claimValue{token.Pointer(path[n-1:]), v.value})
	}
	return list
}

// withoutClaim are tokens that lack one value, and no other.
func (c *check) withoutClaim(need claimValue, good func(...TokenOption) string) []probe {
	lacking := func(name, sent, why, fix string, opts ...TokenOption) probe {
		p := probe{
			name: name, sent: sent, want: []reply{{http.StatusForbidden, "insufficient_scope"}}, lacks: need.value, why: why, fix: fix,
		}
		token := good(append(opts, tokenOption(func(d *token.Draft) {
			p.has = strings.Fields(strings.Join(d.TextsAt("scope"), " "))
		}))...)
		for _, other := range c.claims {
			p.has = append(p.has, other.value)
		}
		p.has = slices.DeleteFunc(p.has, func(one string) bool { return one == need.value })
		p.authorization, p.tokens = []string{"Bearer " + token}, []string{token}
		return p
	}
	similar := need.similar(c.claims)
	confusing := []TokenOption{need.replaced(similar...)}
	for _, other := range need.elsewhere() {
		confusing = append(confusing, other.carried())
	}
	return []probe{
		lacking("missing-claim", "a token without "+need.String(),
			"The token is valid, but the claim lacks a value that the route needs (RFC 9068 §2.2.3.1, RFC 6750 §3.1).",
			"Check the route's claim after the token, and answer 403 with error=\"insufficient_scope\".",
			need.replaced()),
		lacking("look-alike-claim", fmt.Sprintf("a token without %s, but with %q and with the value in claims of other names", need, similar),
			"A role is one whole value of one claim, case-sensitive (RFC 7519 §2, RFC 9068 §2.2.3.1).",
			"Read only the claim that holds the route's values, and compare whole values byte for byte.",
			confusing...),
	}
}
