package main

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/oauth2"

	"github.com/bearerguard/bearerguard/internal/fetch"
)

// refusal is an answer that says no, as far as it can be shown: a status and
// what RFC 6749 §5.2 has, but no body.
type refusal struct {
	status            int // 0 where there was none
	code, description string
}

// fault describes an error of package oauth2, whose own text may hold the body
// of an answer.
func (s *authServer) fault(doing string, err error) error {
	if r, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return s.refused(doing, refusal{r.Response.StatusCode, r.ErrorCode, r.ErrorDescription})
	}
	return failure("%s: %w", doing, err)
}

func (s *authServer) refused(doing string, r refusal) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: the authorization server refuses", doing)
	if r.status != 0 {
		fmt.Fprintf(&b, " with %d %s", r.status, http.StatusText(r.status))
	}
	if code := s.shown(r.code); code != "" {
		fmt.Fprintf(&b, ": %s", code)
		if description := s.shown(r.description); description != "" {
			fmt.Fprintf(&b, " (%s)", description)
		}
	}
	return failure("%s", b.String())
}

// shown is a text of the server's if it is one (RFC 6749 §5.2), and if it
// repeats none of what was sent in confidence.
func (s *authServer) shown(text string) string {
	const longest = 500
	if len(text) > longest {
		return ""
	}
	for _, c := range []byte(text) {
		if c < 0x20 || c > 0x7e {
			return ""
		}
	}
	for _, secret := range s.hidden {
		if strings.Contains(text, secret) {
			return ""
		}
	}
	return text
}

// insecureHint is err in the words of the command line.
func insecureHint(err error) error {
	if errors.Is(err, fetch.ErrInsecure) {
		return errors.New("not https: http is for loopback addresses, or with --insecure-http")
	}
	return err
}
