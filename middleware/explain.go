package middleware

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/internal/jws"
	"github.com/bearerguard/bearerguard/internal/strictjson"
	"github.com/bearerguard/bearerguard/scopes"
)

// Step is the result of one step of a decision about one token.
type Step struct {
	Name    string  // such as "expiry"
	About   string  // what the step requires
	Source  string  // RFC and section, or ""
	Outcome Outcome // the result of the step for this token
	Err     error   // why the step refused the token, or nil; contains no part of the token

	// Expected and Found describe, for operators, what the step expected and
	// what it found. Both are "" if there is nothing to show. Both may quote
	// parts of the token: unprintable characters are escaped, and each value is
	// cut after 200 bytes.
	Expected, Found string
}

// Format implements [fmt.Formatter]. For every verb, the output omits Expected
// and Found, because both may quote the token.
func (s Step) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "%s: %s", s.Name, s.Outcome)
	if s.Err != nil {
		_, _ = fmt.Fprintf(f, ": %v", s.Err)
	}
}

// LogValue implements [slog.LogValuer] with the text of Format.
func (s Step) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(s)) }

// Outcome is the outcome of a step.
type Outcome string

// The outcomes of a step.
const (
	Passed     Outcome = "passed"
	Refused    Outcome = "refused"
	NotReached Outcome = "not reached" // an earlier step refused the token, or this or an earlier step panicked
)

// Explain runs a token through the steps of [Verifier.Verify] and checks the
// requirements, to show why the token is refused. It returns the results of the
// steps that apply to this kind of token, in the order in which the steps run.
// If the token passes, the error is nil. If the token is refused, the error is
// that of Verify, or that of [Verifier.Check] if only a requirement is not met.
//
// Explain does not record a DPoP proof as used. Like Verify, Explain fetches
// keys and calls Revoked. Unlike Verify, it does not use the token cache, does
// not call Observe, and does not log the refusal. If the Verifier was not made
// by NewVerifier, Explain returns no steps. Show the result to operators, not
// to callers: it contains claims, and would help an attacker to correct a
// forgery.
func (v *Verifier) Explain(ctx context.Context, credentials Credentials, need ...scopes.Requirement) ([]Step, error) {
	if err := v.notConstructed(); err != nil {
		return nil, refuse(err)
	}
	d := &decision{input: input{v: v, ctx: ctx, need: need, explained: make([]Step, len(v.steps))}}
	d.present(credentials)
	refusal := d.decide()
	var made []Step
	for i := range v.steps {
		step, s := d.explained[i], &v.steps[i]
		if step.Outcome == "" && !d.applies(s) {
			continue
		}
		step.Name, step.About, step.Source, step.Outcome = s.name, s.about, s.source, cmp.Or(step.Outcome, NotReached)
		made = append(made, step)
	}
	if refusal != nil {
		return made, refusal
	}
	return made, nil
}

// explain records the result of a step.
func (d *decision) explain(at int, err error) {
	step := Step{Outcome: Passed, Err: err}
	if err != nil {
		step.Outcome = Refused
	}
	if shown := d.v.steps[at].shown; shown != nil {
		step.Expected, step.Found = shown(d)
	}
	d.explained[at] = step
}

// Explain shows at most maxShown bytes of a value.
const maxShown = 200

// quoted returns text in quotes. It escapes the text and cuts it after maxShown
// bytes, because the text may come from an attacker.
func quoted(text string) string {
	if len(text) > maxShown {
		return strconv.QuoteToASCII(text[:maxShown]) + fmt.Sprintf(" and %d more bytes", len(text)-maxShown)
	}
	return strconv.QuoteToASCII(text)
}

func quotedOrNone(text string) string {
	if text == "" {
		return "none"
	}
	return quoted(text)
}

// list returns the first 20 values in quotes, and the number of further values.
func list(values []string) string {
	const most = 20
	all := make([]string, 0, most+1)
	for _, one := range values[:min(len(values), most)] {
		all = append(all, quoted(one))
	}
	if more := len(values) - most; more > 0 {
		all = append(all, fmt.Sprintf("%d more", more))
	}
	return strings.Join(all, ", ")
}

func showLength(d *decision) (expected, found string) {
	return fmt.Sprintf("%d bytes at most", d.v.maxTokenBytes), fmt.Sprintf("%d bytes", len(d.token))
}

func showShape(d *decision) (expected, found string) {
	isJWT, split := jws.IsJWT(d.token), len(d.message.Signature) > 0
	switch _, encrypted := jws.Encrypted(d.token); {
	case encrypted:
		found = "an encrypted JWT"
	case isJWT && !d.opaque && !split:
		found = "a malformed JWT"
	case isJWT && !d.opaque:
		found = "a JWT"
	default:
		found = "an opaque token"
	}
	expected = "a JWT of three base64url segments"
	if d.v.introspecting != nil {
		expected += ", or a token that " + quoted(d.v.introspecting.URL) + " introspects"
	}
	return expected, found
}

func showAlgorithm(d *decision) (expected, found string) {
	if d.header == nil { // the header lacks a usable alg, or has a different fault
		return "a supported alg", "a header that cannot be read"
	}
	return "a supported alg", "alg " + quoted(d.header.Algorithm)
}

func showAlgorithms(d *decision) (expected, found string) {
	var names []string
	for _, one := range d.issuer.algorithms {
		names = append(names, one.Name)
	}
	return strings.Join(names, ", "), quoted(d.header.Algorithm)
}

func showIssuer(d *decision) (expected, found string) {
	if d.opaque {
		return quoted(d.v.introspecting.URL) + " or none", quotedOrNone(d.claims.issuer)
	}
	var urls []string
	for i := range d.v.issuers {
		urls = append(append(urls, d.v.issuers[i].URL), d.v.issuers[i].Aliases...)
	}
	if f := d.v.finder; f != nil {
		for _, p := range f.patterns {
			urls = append(urls, p.before+"*"+p.after)
		}
	}
	found = quotedOrNone(d.claims.issuer)
	if one := d.v.named(d.claims.issuer); one != nil && one.URL != d.claims.issuer {
		found += ": only the slash at the end differs"
	}
	return list(urls), found
}

func showType(d *decision) (expected, found string) {
	expected = `"at+jwt", "JWT" or none`
	switch {
	case d.issuer.Profile == RFC9068:
		expected = `"at+jwt"`
	case d.issuer.Purpose == IDTokens:
		expected = `"JWT" or none`
	}
	for _, typ := range d.issuer.types {
		expected += ", or " + quoted(typ)
	}
	return expected, quotedOrNone(d.header.Type)
}

func showMark(d *decision) (expected, found string) {
	name, text, hasText := strings.Cut(d.issuer.Mark, "=")
	if expected = quoted(name); hasText {
		expected += " " + quoted(text)
	}
	found = "none"
	if value := d.claims.member(name); value != "" {
		found = quoted(string(value))
	}
	return expected, found
}

func showTokenType(d *decision) (expected, found string) {
	text, _ := strictjson.String(d.claims.tokenType)
	return `"Bearer" or none, or "DPoP" for a token that is bound to a key`, quotedOrNone(text)
}

func showRequired(d *decision) (expected, found string) {
	names := []string{"exp"}
	if d.issuer.Profile == RFC9068 {
		names = append(names, "sub", "client_id", "iat", "jti")
	}
	var present []string
	for _, name := range names {
		if d.claims.member(name) != "" {
			present = append(present, name)
		}
	}
	return strings.Join(names, ", "), cmp.Or(strings.Join(present, ", "), "none")
}

func showExpiry(d *decision) (expected, found string) {
	expected = "in the future" + d.skewed("at most %s ago")
	switch expiry := d.claims.expiry; {
	case expiry.IsZero():
		return expected, "no expiry"
	case !expiry.After(d.now):
		return expected, "expired " + d.away(expiry)
	default:
		return expected, "expires " + d.away(expiry)
	}
}

func showNotBefore(d *decision) (expected, found string) { return d.showPast(d.claims.notBefore) }
func showIssuedAt(d *decision) (expected, found string)  { return d.showPast(d.claims.issuedAt) }

func (d *decision) showPast(t time.Time) (expected, found string) {
	expected, found = "in the past"+d.skewed("at most %s ahead"), "none"
	if !t.IsZero() {
		found = d.away(t)
	}
	return expected, found
}

// skewed returns ", or " followed by the given words, in which the clock skew
// replaces %s. If the clock skew is 0, skewed returns "".
func (d *decision) skewed(words string) string {
	if d.v.skew == 0 {
		return ""
	}
	return ", or " + fmt.Sprintf(words, d.v.skew)
}

// away returns the distance between now and t, followed by t in parentheses,
// such as "5 min ago (2026-01-01T12:00:00Z)".
func (d *decision) away(t time.Time) string {
	const day = 24 * time.Hour
	distance, words := d.now.Sub(t), "%s ago (%s)"
	if distance < 0 {
		distance, words = -distance, "in %s (%s)"
	}
	var text string
	switch {
	case distance < 2*time.Minute:
		text = fmt.Sprintf("%d s", int(distance.Seconds()))
	case distance < 2*time.Hour:
		text = fmt.Sprintf("%d min", int(distance.Minutes()))
	case distance < 2*day:
		text = fmt.Sprintf("%d h", int(distance.Hours()))
	default:
		text = fmt.Sprintf("%d days", int(distance/day))
	}
	return fmt.Sprintf(words, text, t.UTC().Format(time.RFC3339))
}

func showAudience(d *decision) (expected, found string) {
	expected = "one of " + list(d.issuer.audiences)
	if len(d.issuer.audiences) == 1 {
		expected = quoted(d.issuer.audiences[0])
	}
	if d.issuer.audienceClaim != "aud" {
		expected += " in " + d.issuer.audienceClaim
	}
	if d.issuer.InsecureNoAudience {
		expected = "any"
	}
	return expected, cmp.Or(list(d.claims.audiences), "none")
}

// showPurpose shows the claims that indicate the kind of token. It shows the
// value of a claim only if the claim names the kind. Other claims may contain
// anything, so only their names are shown.
func showPurpose(d *decision) (expected, found string) {
	var present []string
	for _, one := range d.claims.members {
		switch text, isText := strictjson.String(one.value); {
		case namesKind(one.name) && isText:
			present = append(present, one.name+" "+quoted(text))
		case isMark(one.name, one.value):
			present = append(present, one.name)
		}
	}
	return "no claim that marks another kind of token", cmp.Or(strings.Join(present, ", "), "none")
}

func showKey(d *decision) (expected, found string) {
	found = "kid " + quotedOrNone(d.header.KeyID)
	if d.header.KeyID == "" && d.header.Thumbprint != "" {
		found += ", x5t " + quoted(d.header.Thumbprint)
	}
	return "", found
}

func showRequirements(d *decision) (expected, found string) {
	t := d.verified
	if t == nil {
		t = new(Token)
	}
	needed := required(d.need, noEvidence)
	var all []string
	if needed.Scopes.Len() > 0 {
		all = append(all, "scope "+quoted(needed.Scopes.String()))
	}
	found = "scope " + quotedOrNone(t.Scopes.String())
	if len(needed.ACR) > 0 {
		all = append(all, "one of the acr values "+list(needed.ACR))
		found += ", acr " + quotedOrNone(t.ACR)
	}
	if needed.MaxAge > 0 {
		all = append(all, fmt.Sprintf("auth_time at most %v ago", needed.MaxAge))
		if found += ", auth_time "; t.AuthTime.IsZero() {
			found += "none"
		} else {
			found += d.away(t.AuthTime)
		}
	}
	return strings.Join(all, ", "), found
}
