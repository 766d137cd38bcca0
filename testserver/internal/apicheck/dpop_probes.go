package apicheck

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// underDPoP changes a probe so that it sends its token under the scheme DPoP
// instead of the scheme Bearer.
func underDPoP(p probe) probe {
	names := strings.NewReplacer(bearerScheme, dpopScheme, "bearer", "dpop", "BEARER", "DPOP")
	p.authorization = slices.Clone(p.authorization)
	for i, line := range p.authorization {
		scheme, rest, found := strings.Cut(line, " ")
		if p.authorization[i] = names.Replace(scheme); found {
			p.authorization[i] += " " + rest
		}
	}
	p.sent, p.fix = names.Replace(p.sent), names.Replace(p.fix)
	if p.name == goodToken {
		p.sent = "a good token with a good proof"
		p.why = "A valid token must be accepted with a valid proof (RFC 9449 §7.1); otherwise the refusal of bad proofs proves nothing. Nothing else was checked."
		p.fix += " Make the API expect the URL that the check requests, or give its URL with the option Origin."
	}
	return p
}

// proofs returns the probes that test DPoP, except those that replay a proof.
func (r *run) proofs(good func(...token.Edit) string) (probes []probe) {
	add := func(name, sent, scheme, text string, want []reply, why, fix string) *probe {
		probes = append(probes, probe{
			name: name, sent: sent, scheme: scheme, authorization: []string{scheme + " " + text}, tokens: []string{text},
			want: want, why: why, fix: fix,
		})
		return &probes[len(probes)-1]
	}
	if !slices.Contains(r.Skip, catalogue.BoundAsBearer) {
		add(string(catalogue.BoundAsBearer), "a bound token under the scheme Bearer, without a proof", bearerScheme, good(), []reply{badToken},
			"A token that is bound to a key and sent as a bearer token may be stolen; an API that accepts DPoP must refuse it (RFC 9449 §7.2).",
			"Refuse tokens with cnf.jkt under every scheme except DPoP.").unproved = true
	}
	add("dpop-as-bearer", "a bound token with a good proof, under the scheme Bearer", bearerScheme, good(), []reply{badToken, badProof},
		"A bound token under the scheme Bearer must be refused, whatever fields the request has (RFC 9449 §7.2).",
		"Choose the checks by the scheme and by cnf of the token, not by the presence of a DPoP field.")
	unbound := good(func(d *token.Draft) {
		d.Bound = nil
		d.Claims.Delete("cnf")
	})
	add("dpop-unbound-token", "a token without cnf, with a good proof", dpopScheme, unbound, []reply{badToken},
		"A token under the scheme DPoP must be bound to the key of the proof; any client can add a proof to a bearer token (RFC 9449 §7.1; §4.3, item 12).",
		"Require cnf.jkt of every token under the scheme DPoP.")
	add("dpop-iat-float", "a proof whose iat has a fraction", dpopScheme, good(), nil,
		"A NumericDate may have a fraction (RFC 7519 §2).",
		"Parse iat as a number, not as an integer.").proof = func(d *token.Draft) {
		d.Set("iat", json.RawMessage(fmt.Sprintf("%d.5", d.Now.Add(-time.Second).Unix())))
	}
	for _, d := range token.ProofCatalogue() {
		asked := slices.Contains(catalogue.ProofDefects, d.Name) || slices.Contains(r.Also, d.Name)
		if !asked || slices.Contains(r.Skip, d.Name) || d.Name == replayed {
			continue
		}
		p := add(string(d.Name), "a good token and a proof with the defect "+string(d.Name), dpopScheme, good(spoiled(d)), repliesTo(d), d.Wrong, d.Fix)
		p.proof, p.when = spoiled(d), r.mustRefuse(d)
	}
	return probes
}

const (
	replayed = catalogue.Defect("dpop-replayed")
	firstUse = "dpop-first-use"
)

// repliesTo returns the answers that RFC 9449 allows for a proof with the given
// defect.
func repliesTo(d token.Defect) []reply {
	status, code := d.Name.Expect()
	want := []reply{{status, code}}
	for _, other := range d.Codes {
		want = append(want, reply{status, other})
	}
	return want
}

// mustRefuse returns a function that reports whether the API must refuse proofs
// with the given defect. Call the function after the first proof: the result
// depends on whether the API asks for nonces, which the check learns from the
// response to that proof.
func (r *run) mustRefuse(d token.Defect) func() bool {
	return func() bool { return d.Nonces == token.AnyAPI || (d.Nonces == token.OnlyWithNonces) == r.dpop.asked }
}

// replays sends the same proof twice. It also sends two proofs that have the
// same jti but are signed with different keys.
func (r *run) replays(ctx context.Context) error {
	text, err := r.mint()
	if err != nil {
		return err
	}
	others, err := r.mint(func(d *token.Draft) { d.BindTo(r.dpop.other) })
	if err != nil {
		return err
	}
	defect, _ := token.FindDefect(replayed)
	once := probe{
		name: string(replayed), sent: "a proof that the API has accepted before", scheme: dpopScheme,
		authorization: []string{dpopScheme + " " + text}, tokens: []string{text},
		want: repliesTo(defect), why: defect.Wrong, fix: defect.Fix,
	}
	twin := probe{
		name: "dpop-jti-of-other-key", sent: "a proof with the jti of another client's proof", scheme: dpopScheme,
		authorization: []string{dpopScheme + " " + others}, tokens: []string{others}, key: &r.dpop.other,
		why: "jti is unique among the proofs of one key; if one client's jti blocked that of another, an attacker could use it first (RFC 9449 §4.2, §11.1).",
		fix: "Store jti together with the thumbprint of the key.",
	}
	skipped := slices.Contains(r.Skip, replayed)
	for _, via := range r.target.via {
		jti := token.RandomSource().Name("proof")
		same := func(d *token.Draft) { d.Set("jti", jti) }
		first, second := once, once
		first.proof, twin.proof = same, same
		first.want, first.name, first.sent = nil, firstUse, "a good token with a new proof"
		first.why, first.fix = "A jti that no earlier proof of the key had is not a replay (RFC 9449 §11.1).", "Store jti only after all other checks have passed, and refuse only a jti that is stored."
		a := r.exchange(ctx, first, via)
		r.judge(first, a)
		if second.fields = a.proof; !skipped && a.accepted() {
			again := r.send(ctx, second, via)
			r.noteNonce(again)
			r.judge(second, again)
		}
		r.judge(twin, r.exchange(ctx, twin, via))
	}
	r.sent = append(r.sent, firstUse, twin.name)
	if !skipped {
		r.sent = append(r.sent, once.name)
	}
	return nil
}
