package apicheck

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/challenge"
)

// judge adds findings for the rules that the response to p breaks. If the
// response breaks several rules, judge may report only some of them.
func (r *run) judge(p probe, a outcome) {
	if p.from != nil && (a.alert || a.status == http.StatusBadRequest && len(a.challenges) == 0) {
		return // TLS or a proxy refused the certificate, before the API saw the token
	}
	if a.lost != "" {
		r.note(p, noAnswer, "no answer: "+a.lost, p.wanted())
		return
	}
	for _, part := range secrets(p.tokens) {
		if strings.Contains(a.text, part) {
			r.note(p, tokenEchoed, fmt.Sprintf("%d with a part of the token in its header or body", a.status), "no part of the token in the response")
			break
		}
	}
	if len(p.want) == 0 {
		if a.status < 200 || a.status > 299 {
			if p.name == goodToken {
				p.fix = r.missingOption(p, a) + p.fix
			}
			r.note(p, p.name, a.describe(p), p.wanted())
			r.judgeNonce(p, a)
		}
		return
	}
	if a.status >= http.StatusInternalServerError {
		r.note(p, serverError, a.describe(p), p.wanted())
		return
	}
	i := slices.IndexFunc(p.want, func(one reply) bool { return one.status == a.status })
	if i < 0 {
		r.note(p, p.name, a.describe(p), p.wanted())
		return
	}
	if !r.judgeDPoP(p, a) {
		return
	}
	params, err := r.challengeFor(p, a)
	if j := slices.Index(p.want, reply{a.status, params["error"]}); j >= 0 {
		i = j // prefer the reply with this code
	}
	r.judgeChallenge(p, a, p.want[i], params, err)
}

// missingOption returns advice about a missing or wrong option of the check. It
// infers the option from the way in which the API refused a good token. The
// advice ends with a space. Without advice, missingOption returns "".
func (r *run) missingOption(p probe, a outcome) string {
	params, _ := r.challengeFor(p, a)
	bearer, _ := a.challenge(bearerScheme)
	dpop, _ := a.challenge(dpopScheme)
	switch {
	case r.dpop == nil && dpop != nil && bearer == nil:
		return "The API requires tokens that are bound to a key: give RequireDPoP. "
	case r.dpop != nil && dpop == nil && bearer != nil:
		return "The API does not offer the scheme DPoP: configure it there, or leave out RequireDPoP. "
	case params["error"] == "insufficient_user_authentication":
		return "The route requires a strong or recent login: give RequireACR or RequireAuthWithin. "
	case strings.Contains(params["error_description"], "audience"):
		return "The API requires another audience: give Token(testserver.Audience(…)). "
	}
	return ""
}

// judgeChallenge adds a finding if a parameter of the challenge is wrong, or if
// the challenge is malformed.
func (r *run) judgeChallenge(p probe, a outcome, want reply, params map[string]string, err error) {
	named := strings.Fields(params["scope"])
	switch code := params["error"]; {
	case err != nil:
		r.note(p, challengeMalformed, a.describe(p)+": "+hide(err.Error(), p.tokens), "a challenge of RFC 9110 §11.6.1 and RFC 6750 §3")
	case params == nil:
		r.note(p, challengeMissing, a.describe(p), "a Bearer challenge in WWW-Authenticate")
	case len(params) == 0 && r.dpop == nil:
		r.note(p, challengeBare, a.describe(p), "a parameter, such as realm")
	case p.bare && code != "":
		r.note(p, errorWithoutToken, a.describe(p), "no error attribute")
	case want.code != "" && code != want.code:
		r.note(p, errorCode, a.describe(p), fmt.Sprintf("error=%q", want.code))
	case p.demands != "" && want != badToken:
		r.judgeDemand(p, a, params)
	case p.lacks != "":
		if len(named) > 0 && containsAll(p.has, named) {
			r.note(p, scopeHeld, a.describe(p), "no scope attribute, or one that names a scope that the token lacks")
		}
	case want.status == http.StatusForbidden && !containsAll(named, r.Scopes):
		r.note(p, scopeMissing, a.describe(p), fmt.Sprintf("scope=%q", strings.Join(r.Scopes, " ")))
	}
}

// compare adds a finding if the responses over HTTP/2 and HTTP/1.1 differ in
// their status or their challenges, or if only HTTP/1.1 gets a response.
func (r *run) compare(p probe, first, next outcome) {
	switch {
	case next.lost != "" && first.lost == "":
		r.note(p, http2Differs, "no answer over HTTP/2: "+next.lost, first.describe(p)+" as over HTTP/1.1")
	case next.lost != "" || first.lost != "":
	case next.describe(p) != first.describe(p):
		r.note(p, http2Differs, next.describe(p)+" over HTTP/2", first.describe(p)+" as over HTTP/1.1")
	}
}

// challenge returns the parameters of the challenge with the given scheme. It
// returns nil if the response has no challenge with this scheme. If there are
// several, for example for several realms, it prefers a challenge that has an
// error attribute.
func (a outcome) challenge(scheme string) (map[string]string, error) {
	var found map[string]string
	for _, field := range a.challenges {
		list, err := challenge.Parse(field)
		if err != nil {
			return nil, err
		}
		for _, one := range list {
			if !strings.EqualFold(one.Scheme, scheme) {
				continue
			}
			if one.Params == nil {
				one.Params = map[string]string{}
			}
			if found == nil || one.Params["error"] != "" {
				found = one.Params
			}
		}
	}
	for _, name := range []string{"error", "error_description", "scope"} {
		if !isBearerText(found[name]) {
			return nil, fmt.Errorf("%s contains a quote, a backslash, a control character or a non-ASCII character, which RFC 6750 §3 does not allow", name)
		}
	}
	return found, nil
}

// isBearerText reports whether s contains only characters that RFC 6750 §3
// allows in error, error_description and scope.
func isBearerText(s string) bool {
	for i := range len(s) {
		if ch := s[i]; ch < ' ' || ch > '~' || ch == '"' || ch == '\\' {
			return false
		}
	}
	return true
}

// describe returns the status and the challenges of the response, without the
// token and the proof.
func (a outcome) describe(p probe) string {
	if a.lost != "" {
		return "no answer"
	}
	if len(a.challenges) == 0 {
		return fmt.Sprintf("%d without WWW-Authenticate", a.status)
	}
	return fmt.Sprintf("%d with WWW-Authenticate: %s", a.status, hide(strings.Join(a.challenges, " | "), slices.Concat(p.tokens, a.proof)))
}

func (p probe) wanted() string {
	if len(p.want) == 0 {
		return "2xx"
	}
	var texts []string
	for _, r := range p.want {
		text := fmt.Sprint(r.status)
		if r.code != "" {
			text += fmt.Sprintf(" with error=%q", r.code)
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, " or ")
}

// secrets returns the strings that must not be in a response: the whole tokens,
// and their segments of more than 16 characters.
func secrets(tokens []string) []string {
	var parts []string
	for _, token := range tokens {
		parts = append(parts, token)
		for segment := range strings.SplitSeq(token, ".") {
			if len(segment) > 16 {
				parts = append(parts, segment)
			}
		}
	}
	return parts
}

func hide(text string, tokens []string) string {
	for _, part := range secrets(tokens) {
		text = strings.ReplaceAll(text, part, "[token]")
	}
	return text
}

func containsAll(have, want []string) bool {
	for _, w := range want {
		if !slices.Contains(have, w) {
			return false
		}
	}
	return true
}
