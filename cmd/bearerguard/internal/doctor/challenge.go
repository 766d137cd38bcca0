package doctor

import (
	"errors"
	"strings"
)

// challenge is one challenge of a WWW-Authenticate field (RFC 9110 §11.6.1).
type challenge struct {
	scheme string
	params map[string]string // by lower-case name
}

// bearer reports whether the challenge asks for an access token.
func (c challenge) bearer() bool {
	return strings.EqualFold(c.scheme, "Bearer") || strings.EqualFold(c.scheme, "DPoP")
}

var errChallenge = errors.New("not a list of challenges")

// parseChallenges parses the field lines of WWW-Authenticate.
func parseChallenges(lines []string) (all []challenge, err error) {
	for _, line := range lines {
		p := challengeParser{line}
		for p.trim(", \t"); p.rest != ""; p.trim(", \t") {
			c, ok := p.challenge()
			if !ok {
				return all, errChallenge
			}
			all = append(all, c)
		}
	}
	return all, nil
}

type challengeParser struct{ rest string }

// challenge reads a scheme, followed by a token68 or by parameters, and stops
// before the next scheme.
func (p *challengeParser) challenge() (challenge, bool) {
	c := challenge{p.token(), map[string]string{}}
	if c.scheme == "" || p.rest != "" && !strings.ContainsRune(" \t,", rune(p.rest[0])) {
		return c, false
	}
	p.trim(" \t")
	if text, _, _ := strings.Cut(p.rest, ","); isToken68(strings.TrimRight(text, " \t")) {
		p.rest = p.rest[len(text):]
		return c, true
	}
	for p.rest != "" {
		before := p.rest
		p.trim(", \t")
		name := strings.ToLower(p.token())
		p.trim(" \t")
		if !strings.HasPrefix(p.rest, "=") {
			p.rest = before
			return c, len(before) == 0 || before[0] == ','
		}
		p.rest = p.rest[1:]
		p.trim(" \t")
		value, ok := p.value()
		if _, twice := c.params[name]; !ok || twice || name == "" {
			return c, false
		}
		c.params[name] = value
		p.trim(" \t")
		if p.rest != "" && p.rest[0] != ',' {
			return c, false
		}
	}
	return c, true
}

// value reads a token or a quoted-string (RFC 9110 §5.6.4).
func (p *challengeParser) value() (string, bool) {
	if !strings.HasPrefix(p.rest, `"`) {
		text := p.token()
		return text, text != ""
	}
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch p.rest[i] {
		case '"':
			p.rest = p.rest[i+1:]
			return b.String(), true
		case '\\':
			if i++; i == len(p.rest) {
				return "", false
			}
		}
		b.WriteByte(p.rest[i])
	}
	return "", false
}

func (p *challengeParser) trim(set string) { p.rest = strings.TrimLeft(p.rest, set) }

// token reads a token (RFC 9110 §5.6.2), which may be empty.
func (p *challengeParser) token() string {
	after := strings.TrimLeft(p.rest, alphanumeric+"!#$%&'*+-.^_`|~")
	text := p.rest[:len(p.rest)-len(after)]
	p.rest = after
	return text
}

func isToken68(text string) bool {
	return text != "" && strings.Trim(strings.TrimRight(text, "="), alphanumeric+"-._~+/") == ""
}

const alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
