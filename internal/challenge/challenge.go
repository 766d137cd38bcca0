package challenge

import (
	"errors"
	"fmt"
	"strings"
)

// Challenge is one challenge of a WWW-Authenticate field (RFC 9110 §11.6.1).
type Challenge struct {
	Scheme string
	Params map[string]string // keys are in lower case; nil if the challenge has a token68 or only a scheme
}

// Parse parses one WWW-Authenticate field line. It refuses a line that deviates
// from RFC 9110 §11.6.1 and §5.6, because clients may disagree about the
// meaning of an invalid line. It accepts empty list elements (RFC 9110
// §5.6.1.2), and a tab instead of a space after the scheme.
func Parse(field string) ([]Challenge, error) {
	p := &parser{rest: field}
	var list []Challenge
	for p.skipCommas(); p.rest != ""; p.skipCommas() {
		one, err := p.challenge()
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	if len(list) == 0 {
		return nil, errors.New("the field is empty")
	}
	return list, nil
}

type parser struct{ rest string }

func (p *parser) challenge() (Challenge, error) {
	c := Challenge{Scheme: p.token()}
	if c.Scheme == "" {
		return c, fmt.Errorf("%s is not an authentication scheme", p.here())
	}
	if !p.space() || p.rest == "" || p.token68() {
		return c, p.end()
	}
	before := p.rest
	if p.skipCommas(); before[0] == ',' && !p.atParam() {
		p.rest = before
		return c, nil
	}
	c.Params = map[string]string{}
	for {
		name, value, err := p.param()
		if err != nil {
			return c, err
		}
		if _, twice := c.Params[name]; twice {
			return c, fmt.Errorf("the parameter %s is repeated (RFC 9110 §11.2)", name)
		}
		c.Params[name] = value
		if err := p.end(); err != nil {
			return c, err
		}
		before = p.rest
		if p.skipCommas(); p.rest == "" || !p.atParam() {
			p.rest = before
			return c, nil
		}
	}
}

// end checks that a challenge or a parameter ends at the current position.
func (p *parser) end() error {
	p.space()
	if p.rest != "" && p.rest[0] != ',' {
		return fmt.Errorf("found %s, want a comma", p.here())
	}
	return nil
}

// param reads a parameter (RFC 9110 §11.2): token BWS "=" BWS ( token /
// quoted-string ).
func (p *parser) param() (name, value string, err error) {
	if name = strings.ToLower(p.token()); name == "" {
		return "", "", fmt.Errorf("%s is not a parameter", p.here())
	}
	p.space()
	if !strings.HasPrefix(p.rest, "=") {
		return "", "", fmt.Errorf("the parameter %s has no value", name)
	}
	p.rest = p.rest[1:]
	p.space()
	if strings.HasPrefix(p.rest, `"`) {
		value, err = p.quoted(name)
		return name, value, err
	}
	if value = p.token(); value == "" {
		return "", "", fmt.Errorf("the value of %s is neither a token nor a quoted string", name)
	}
	return name, value, nil
}

// quoted reads a quoted-string (RFC 9110 §5.6.4).
func (p *parser) quoted(name string) (string, error) {
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		ch := p.rest[i]
		switch {
		case ch == '"':
			p.rest = p.rest[i+1:]
			return b.String(), nil
		case ch == '\\' && i+1 < len(p.rest):
			i++
			ch = p.rest[i]
		}
		if ch < ' ' && ch != '\t' || ch == 0x7f {
			return "", fmt.Errorf("the value of %s has a control character", name)
		}
		b.WriteByte(ch)
	}
	return "", fmt.Errorf("the value of %s has no closing quote", name)
}

// token68 skips the token68 after the scheme, if any, and reports whether it
// found one.
func (p *parser) token68() bool {
	n := strings.IndexFunc(p.rest, func(r rune) bool { return !isAlphanumeric(r) && !strings.ContainsRune("-._~+/", r) })
	if n < 0 {
		n = len(p.rest)
	}
	after := strings.TrimLeft(p.rest[n:], "=")
	if end := strings.TrimLeft(after, " \t"); n == 0 || end != "" && end[0] != ',' {
		return false
	}
	p.rest = after
	return true
}

// atParam reports whether a parameter comes next. If not, another challenge
// comes next.
func (p *parser) atParam() bool {
	ahead := parser{p.rest}
	return ahead.token() != "" && strings.HasPrefix(strings.TrimLeft(ahead.rest, " \t"), "=")
}

// token reads a token (RFC 9110 §5.6.2).
func (p *parser) token() string {
	n := strings.IndexFunc(p.rest, func(r rune) bool { return !isAlphanumeric(r) && !strings.ContainsRune("!#$%&'*+-.^_`|~", r) })
	if n < 0 {
		n = len(p.rest)
	}
	t := p.rest[:n]
	p.rest = p.rest[n:]
	return t
}

// space skips spaces and tabs, and reports whether it has skipped any.
func (p *parser) space() bool {
	before := len(p.rest)
	p.rest = strings.TrimLeft(p.rest, " \t")
	return len(p.rest) < before
}

// skipCommas skips the empty elements that a list may have (RFC 9110 §5.6.1.2).
func (p *parser) skipCommas() { p.rest = strings.TrimLeft(p.rest, ", \t") }

func (p *parser) here() string {
	return fmt.Sprintf("%q", p.rest[:min(len(p.rest), 12)])
}

func isAlphanumeric(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}
