package apicheck

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// probe is one request of the battery and what must come back.
type probe struct {
	name          string
	sent          string   // for people
	authorization []string // field lines
	edit          func(*http.Request)
	query         string   // access_token
	tokens        []string // all that was sent, to look for in the answer
	want          []reply  // any of them; none means 2xx
	bare          bool     // the challenge may have no error attribute
	lacks         string   // the value that a claim does not have
	demands       string   // the parameter of the challenge that says which login would do
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

// spoiled makes one thing wrong with a token.
func spoiled(by token.Defect) token.Edit {
	return func(d *token.Draft) { d.Defect = &by }
}

// battery makes all probes, and all their tokens, before anything is sent: the
// first use of an algorithm publishes a key, which a cache need not notice
// later.
func (r *run) battery() ([]probe, error) {
	var firstErr error
	good := func(edits ...token.Edit) string {
		token, err := r.mint(append(edits, func(d *token.Draft) {
			if d.Trap = r.trap; d.Defect != nil && len(edits) == 0 {
				d.Fail(fmt.Errorf("With(%q) would spoil the good token: the check makes the bad ones itself", d.Defect.Name))
			}
		})...)
		if err != nil && firstErr == nil {
			firstErr = err
		}
		return token
	}
	probes := acceptances(good)
	probes = append(probes, refusals(good)...)
	probes = append(probes, garbage()...)
	if len(r.Scopes) > 0 {
		probes = append(probes, lookAlike(r.Scopes, good))
	}
	for _, need := range r.Claims {
		probes = append(probes, need.withoutIt(r.Claims, good)...)
	}
	probes = append(probes, r.logins(good)...)
	logins := r.loginDefects()
	for _, d := range token.Catalogue() {
		asked := slices.Contains(catalogue.Defects, d.Name) || slices.Contains(r.Also, d.Name) || logins[d.Name] != ""
		if slices.Contains(r.Skip, d.Name) || !asked || d.Name == catalogue.MissingScope && len(r.Scopes) == 0 {
			continue
		}
		token := good(spoiled(d))
		status, code := d.Name.Expect()
		probes = append(probes, probe{
			name: string(d.Name), sent: "a token with the defect " + string(d.Name),
			authorization: []string{"Bearer " + token}, tokens: []string{token},
			want: []reply{{status, code}}, demands: logins[d.Name], why: d.Wrong, fix: d.Fix,
		})
	}
	return probes, firstErr
}

func acceptances(good func(...token.Edit) string) []probe {
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

func refusals(good func(...token.Edit) string) []probe {
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
func lookAlike(scopes []string, good func(...token.Edit) string) probe {
	var similar []string
	for _, s := range scopes {
		for _, like := range []string{s + "x", "x" + s, strings.ToUpper(s), strings.ToLower(s)} {
			if !slices.Contains(scopes, like) {
				similar = append(similar, like)
			}
		}
	}
	token := good(func(d *token.Draft) { d.SetScopes(similar) })
	return probe{
		name: "look-alike-scope", sent: "a token with the scopes " + strings.Join(similar, " "),
		authorization: []string{"Bearer " + token}, tokens: []string{token},
		want: []reply{{http.StatusForbidden, "insufficient_scope"}},
		why:  "A scope is one of the words of the claim, case-sensitive (RFC 6749 §3.3, RFC 6750 §3.1).",
		fix:  "Split the claim at spaces and compare whole words, instead of looking for a substring.",
	}
}
