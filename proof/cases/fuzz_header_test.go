package cases

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/testserver"
)

const fixedIssuer = "https://login.example.com"

// fixed returns a server that does not listen, and its key set. Both are the
// same in every run.
func fixed(f *testing.F) (*testserver.Server, *jwks.Set) {
	f.Helper()
	as, err := testserver.NewUnstarted(testserver.Seed("conformance"), testserver.IssuerURL(fixedIssuer))
	if err != nil {
		f.Fatal(err)
	}
	keys, err := jwks.Parse(as.JWKS())
	if err != nil {
		f.Fatal(err)
	}
	return as, keys
}

// fingerprints is a log handler that stores the fingerprint of the last token
// that the verifier read.
type fingerprints struct {
	slog.Handler
	last *string
}

func (fingerprints) Enabled(context.Context, slog.Level) bool { return true }
func (h fingerprints) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "token" {
			*h.last = a.Value.String()
		}
		return true
	})
	return nil
}

var (
	bearer = regexp.MustCompile(`(?i)^bearer +([A-Za-z0-9._~+/-]+=*)$`)
	scheme = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]*")
)

// FuzzAuthorizationHeader compares two parsers of the Authorization field. One
// is the verifier's parser. The other is a reference parser, whose regular
// expressions follow the grammar. Each line of the input is one Authorization
// field. Both parsers must return the same error code and find the same token.
func FuzzAuthorizationHeader(f *testing.F) {
	const maxTokenBytes = 1 << 10
	as, keys := fixed(f)
	t := tokens{Maker: forge.Maker{Key: as.SigningKey(), Issuer: fixedIssuer, Audience: audience, Now: time.Now()}, unreachable: "x"}
	for _, g := range table(t) {
		for _, r := range g.rows {
			var lines []string
			for _, field := range r.fields {
				if strings.EqualFold(field.name, "Authorization") {
					lines = append(lines, field.value)
				}
			}
			f.Add(strings.Join(lines, "\n"))
		}
	}
	for _, token := range []string{
		"eyA.",                            // two segments
		forge.Encode(`{"alg":`) + "..000", // a JOSE header that ends too early
		t.Token(`{"alg":"ES256"}`, `{"iss":"`+fixedIssuer+`"}`),                                        // without typ, exp and iat
		t.Token(`{"alg":"ES256"}`, `{"iss":"`+fixedIssuer+`","aud":"`+audience+`","exp":64704304804}`), // without sub and scope
	} {
		f.Add("Bearer " + token)
	}
	var read string
	v, err := middleware.NewVerifier(middleware.Config{
		Audience: audience, Issuers: []middleware.Issuer{{URL: fixedIssuer, Keys: keys}}, MaxTokenBytes: maxTokenBytes,
		Logger: slog.New(fingerprints{slog.DiscardHandler, &read}),
		// The test needs a log entry for every token. Only refused tokens are
		// logged, so every token is reported as revoked.
		Revoked: func(context.Context, *middleware.Token) (bool, error) { return true, nil },
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, input string) {
		header := http.Header{}
		if input != "" {
			header["Authorization"] = strings.Split(input, "\n")
		}
		read = ""
		h := http.Header{}
		_, err := v.Authorize(h, &http.Request{Method: "GET", Header: header})
		var refusal *middleware.Error
		if !errors.As(err, &refusal) {
			t.Fatalf("got %v, want a refusal", err)
		}
		want, token := expected(header["Authorization"], maxTokenBytes)
		if refusal.Code != want {
			t.Errorf("got code %q, want %q", refusal.Code, want)
		}
		if sum := sha256.Sum256([]byte(token)); token != "" && read != hex.EncodeToString(sum[:8]) || token == "" && read != "" {
			t.Errorf("the verifier read a different token, want %q", token)
		}
		if challenges, err := parseChallenges(h.Get("WWW-Authenticate")); err != nil || len(challenges) != 1 || challenges[0].scheme != "Bearer" {
			t.Errorf("got challenges %v, %v in %q, want one", challenges, err, h.Get("WWW-Authenticate"))
		}
	})
}

// expected returns the error code for a request with these Authorization
// fields, and the token that the verifier must read. The error code for a token
// over the size limit is invalid_token, even if the token is malformed.
func expected(lines []string, maxTokenBytes int) (middleware.Code, string) {
	switch len(lines) {
	case 0:
		return middleware.CodeNoToken, ""
	case 1:
	default:
		return middleware.CodeInvalidRequest, ""
	}
	line := strings.Trim(lines[0], " \t")
	found := scheme.FindString(line)
	rest := strings.TrimPrefix(line, found)
	spaces := len(rest) - len(strings.TrimLeft(rest, " "))
	switch match := bearer.FindStringSubmatch(line); {
	case strings.ToLower(found) != "bearer":
		return middleware.CodeNoToken, ""
	case match != nil:
		return middleware.CodeInvalidToken, match[1]
	case spaces > 0 && len(rest)-spaces > maxTokenBytes:
		return middleware.CodeInvalidToken, rest[spaces:]
	}
	return middleware.CodeInvalidRequest, ""
}
