package cases

import (
	"fmt"
	"slices"
	"strings"
)

// challenge is a challenge as a client parses it (RFC 9110 §11.6.1).
type challenge struct {
	scheme  string
	token68 string
	params  []param
}

type param struct{ name, value string }

// String returns equal strings for challenges that differ only in spelling: in
// the case of names, in white space or in quoting.
func (c challenge) String() string {
	var b strings.Builder
	b.WriteString(strings.ToLower(c.scheme))
	if c.token68 != "" {
		b.WriteString(" " + c.token68)
	}
	for _, p := range c.params {
		fmt.Fprintf(&b, " %s=%q", p.name, p.value)
	}
	return b.String()
}

// parseChallenges parses a WWW-Authenticate field. It accepts only the grammar
// of RFC 9110 and refuses everything else, including repeated parameters.
func parseChallenges(field string) ([]challenge, error) {
	p := &parser{rest: field}
	var all []challenge
	for p.empties(); p.rest != ""; p.empties() {
		one, err := p.challenge()
		if err != nil {
			return nil, fmt.Errorf("%w, before %q in %q", err, p.rest, field)
		}
		all = append(all, one)
		if p.rest != "" && p.rest[0] != ',' {
			return nil, fmt.Errorf("want a comma before %q in %q", p.rest, field)
		}
	}
	return all, nil
}

type parser struct{ rest string }

// empties skips white space and empty elements between the elements of a list.
func (p *parser) empties() { p.rest = strings.TrimLeft(p.rest, ", \t") }

func (p *parser) bws() { p.rest = strings.TrimLeft(p.rest, " \t") }

// take removes the longest prefix whose bytes are all in a set, and returns it.
func (p *parser) take(in func(byte) bool) string {
	n := 0
	for n < len(p.rest) && in(p.rest[n]) {
		n++
	}
	taken := p.rest[:n]
	p.rest = p.rest[n:]
	return taken
}

func (p *parser) challenge() (challenge, error) {
	c := challenge{scheme: p.take(tchar)}
	if c.scheme == "" {
		return c, fmt.Errorf("want a scheme")
	}
	if p.rest == "" || p.rest[0] != ' ' {
		return c, nil
	}
	p.rest = strings.TrimLeft(p.rest, " ")
	start := p.rest
	if text := p.take(token68); text != "" {
		text += p.take(func(b byte) bool { return b == '=' })
		if p.bws(); p.rest == "" || p.rest[0] == ',' {
			c.token68 = text
			return c, nil
		}
		p.rest = start
	}
	for {
		start = p.rest
		p.empties()
		one, ok, err := p.param()
		if err != nil {
			return c, err
		}
		if !ok { // the next challenge begins, or the field ends
			p.rest = start
			return c, nil
		}
		if slices.ContainsFunc(c.params, func(other param) bool { return other.name == one.name }) {
			return c, fmt.Errorf("parameter %s is repeated", one.name)
		}
		c.params = append(c.params, one)
		if p.bws(); p.rest == "" || p.rest[0] != ',' {
			return c, nil
		}
	}
}

// param parses a parameter: token BWS "=" BWS ( token / quoted-string ).
func (p *parser) param() (one param, ok bool, err error) {
	one.name = strings.ToLower(p.take(tchar))
	if p.bws(); one.name == "" || p.rest == "" || p.rest[0] != '=' {
		return one, false, nil
	}
	p.rest = p.rest[1:]
	p.bws()
	if p.rest == "" || p.rest[0] != '"' {
		if one.value = p.take(tchar); one.value == "" {
			return one, false, fmt.Errorf("parameter %s has no value", one.name)
		}
		return one, true, nil
	}
	p.rest = p.rest[1:]
	for {
		one.value += p.take(qdtext)
		switch {
		case p.rest == "":
			return one, false, fmt.Errorf("parameter %s has no closing quote", one.name)
		case p.rest[0] == '"':
			p.rest = p.rest[1:]
			return one, true, nil
		case p.rest[0] == '\\' && len(p.rest) > 1 && quotable(p.rest[1]):
			one.value += p.rest[1:2]
			p.rest = p.rest[2:]
		default:
			return one, false, fmt.Errorf("byte %#x is not allowed in the quoted string of %s", p.rest[0], one.name)
		}
	}
}

func alnum(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9'
}
func tchar(b byte) bool   { return alnum(b) || strings.IndexByte("!#$%&'*+-.^_`|~", b) >= 0 }
func token68(b byte) bool { return alnum(b) || strings.IndexByte("-._~+/", b) >= 0 }
func quotable(b byte) bool {
	return b == '\t' || 0x20 <= b && b <= 0x7e || b >= 0x80
}
func qdtext(b byte) bool { return quotable(b) && b != '"' && b != '\\' }
