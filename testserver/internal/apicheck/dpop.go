package apicheck

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Any probe of an API with DPoP can reveal these failures.
const (
	dpopChallengeMissing = "dpop-challenge-missing"
	dpopNonceAbsent      = "dpop-nonce-absent"
)

const (
	bearerScheme = "Bearer"
	dpopScheme   = "DPoP"
	useNonce     = "use_dpop_nonce"
	nonceField   = "DPoP-Nonce"
)

var badProof = reply{http.StatusUnauthorized, "invalid_dpop_proof"}

// prover contains the keys and the nonce for the DPoP proofs of a run.
type prover struct {
	key, other token.Key
	nonce      string // the latest nonce of the API, "" before the first
	asked      bool   // the API has answered use_dpop_nonce
}

// originFaults returns errors about DPoP and Origin.
func (c *Check) originFaults() error {
	var errs []error
	if c.Origin != "" {
		u, err := url.Parse(c.Origin)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			errs = append(errs, fmt.Errorf("the option Origin is %q: give the URL of the API as its clients know it, such as https://api.example.com", c.Origin))
		}
		if !c.DPoP {
			errs = append(errs, errors.New("the option Origin has no effect without RequireDPoP: leave it out"))
		}
	}
	for _, name := range slices.Concat(c.Skip, c.Also) {
		if name.IsProofDefect() && !c.DPoP {
			errs = append(errs, fmt.Errorf("%s is a defect of proofs, which are sent only with RequireDPoP", name))
		}
	}
	return errors.Join(errs...)
}

// newProver makes two keys for DPoP proofs. Their algorithm is the first of
// PublicAlgs that algs in the API's challenge lists, or ES256 if algs lists
// none of them.
func (r *run) newProver(ctx context.Context) error {
	challenge, _ := r.ask(ctx, nil).challenge(dpopScheme) // a later probe reports the error
	alg, algs := catalogue.ES256, strings.Fields(challenge["algs"])
	if i := slices.IndexFunc(catalogue.PublicAlgs, func(a catalogue.Alg) bool { return slices.Contains(algs, string(a)) }); i >= 0 {
		alg = catalogue.PublicAlgs[i]
	}
	key, err := token.NewKey(alg, "", token.RandomSource())
	if err != nil {
		return err
	}
	other, err := token.NewKey(alg, "", token.RandomSource())
	r.dpop = &prover{key: key, other: other}
	return err
}

// prove adds the DPoP fields of a probe to its request.
func (r *run) prove(p probe, sent *http.Request) error {
	if r.dpop == nil || p.unproved || len(p.authorization) == 0 && p.query == "" {
		return nil
	}
	if p.fields != nil {
		sent.Header[http.CanonicalHeaderKey(dpopScheme)] = p.fields
		return nil
	}
	key := r.dpop.key
	if p.key != nil {
		key = *p.key
	}
	text := p.query
	if len(p.authorization) > 0 {
		_, text, _ = strings.Cut(p.authorization[0], " ")
	}
	fields, err := token.Proof{
		Key: key, Method: cmp.Or(sent.Method, http.MethodGet), URL: r.publicURL(sent), Token: text, Now: r.Issuer.Now(),
	}.Fields(func(d *token.Draft) {
		if r.dpop.nonce != "" {
			d.Set("nonce", r.dpop.nonce)
		}
		if p.proof != nil {
			p.proof(d)
		}
	})
	if len(fields) > 0 {
		sent.Header[http.CanonicalHeaderKey(dpopScheme)] = fields
	}
	return err
}

// publicURL returns the URL that a client of the API would use for the request.
func (r *run) publicURL(sent *http.Request) string {
	path := cmp.Or(sent.URL.EscapedPath(), "/")
	if r.Origin != "" {
		return strings.TrimSuffix(r.Origin, "/") + path
	}
	return sent.URL.Scheme + "://" + cmp.Or(sent.Host, sent.URL.Host) + path
}

// exchange sends a probe. If the probe has a proof and the API asks for a nonce
// in its response, exchange sends the probe again, with a new proof that has
// this nonce (RFC 9449 §9).
func (r *run) exchange(ctx context.Context, p probe, via *http.Transport) outcome {
	first := r.send(ctx, p, via)
	if p.from != nil && first.lost != "" && !first.alert {
		first.alert = r.certificateRefused(ctx, via)
	}
	if !r.noteNonce(first) || p.unproved || len(p.authorization) == 0 && p.query == "" {
		return first
	}
	second := r.send(ctx, p, via)
	r.noteNonce(second)
	return second
}

// noteNonce stores the nonce of a response, and reports whether the response
// asks for a proof with this nonce.
func (r *run) noteNonce(a outcome) (asks bool) {
	nonce := a.header.Get(nonceField)
	if r.dpop == nil || nonce == "" {
		return false
	}
	r.dpop.nonce = nonce
	challenge, _ := a.challenge(dpopScheme) // judge reports the error
	asks = a.status == http.StatusUnauthorized && challenge["error"] == useNonce
	r.dpop.asked = r.dpop.asked || asks
	return asks
}

// challengeFor returns the parameters of the challenge in which the response to
// a probe must report its error. For an API without DPoP, this is the Bearer
// challenge. For an API with DPoP, a 401 to a token under the scheme DPoP must
// report the error in the DPoP challenge. Every other refusal may report the
// error in the Bearer challenge or in the DPoP challenge.
func (r *run) challengeFor(p probe, a outcome) (params map[string]string, err error) {
	bearer, err := a.challenge(bearerScheme)
	if r.dpop == nil || err != nil {
		return bearer, err
	}
	dpop, err := a.challenge(dpopScheme)
	either := p.bare || p.scheme == bearerScheme || a.status != http.StatusUnauthorized
	if either && (dpop == nil || dpop["error"] == "" && bearer["error"] != "") {
		return bearer, err
	}
	return dpop, err
}

// judgeDPoP adds a finding if a 401 of an API with DPoP lacks the DPoP
// challenge, or asks for a nonce without providing the nonce. It returns false
// if the DPoP challenge is missing.
func (r *run) judgeDPoP(p probe, a outcome) bool {
	if r.dpop == nil || a.status != http.StatusUnauthorized {
		return true
	}
	r.judgeNonce(p, a)
	challenge, err := a.challenge(dpopScheme) // judgeChallenge reports the error
	if challenge == nil && err == nil {
		r.note(p, dpopChallengeMissing, a.describe(p), "a DPoP challenge in WWW-Authenticate")
		return false
	}
	return true
}

// judgeNonce adds a finding if the response asks for a proof with a nonce but
// does not provide the nonce.
func (r *run) judgeNonce(p probe, a outcome) {
	challenge, _ := a.challenge(dpopScheme) // judgeChallenge reports the error
	if r.dpop != nil && challenge["error"] == useNonce && a.header.Get(nonceField) == "" {
		r.note(p, dpopNonceAbsent, a.describe(p)+" and without "+nonceField, "a nonce in the field "+nonceField)
	}
}
