package middleware_test

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/testserver"
)

// This file tests rows J08 to J14 and J21 of proof/threats/rows.txt, which are
// about the header.

func TestThreatsKeysInTheToken(t *testing.T) {
	trap, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	connections := make(chan net.Conn, 100)
	go func() {
		defer close(connections)
		for {
			c, err := trap.Accept()
			if err != nil {
				return
			}
			connections <- c
		}
	}()
	s := newSetup(t)
	attacker := s.Maker
	attacker.Key = testserver.GenerateKey("ES256", s.Key.ID)
	published := testserver.New(t)
	published.Publish(attacker.Key)
	var set struct{ Keys []json.RawMessage }
	if err := json.Unmarshal(published.JWKS(), &set); err != nil {
		t.Fatal(err)
	}
	jwk := string(set.Keys[len(set.Keys)-1])
	forged := func(pairs ...string) string { return attacker.Token(attacker.Header(pairs...), attacker.Claims()) }
	honest := func(pairs ...string) string { return s.Token(s.Header(pairs...), s.Claims()) }
	s.check(t, "J08", []tokenCase{
		{"an embedded key under the kid of a real one is ignored", forged("jwk", jwk), middleware.ErrSignature},
		{"an embedded key without a kid is ignored", forged("jwk", jwk, "kid", ""), middleware.ErrSignature},
		{"an embedded key in an honest token is ignored", honest("jwk", jwk), nil},
	})
	address := trap.Addr().String()
	var j09 []tokenCase
	for _, member := range []string{"jku", "x5u"} {
		for _, url := range []string{"http://" + address + "/jwks", "https://" + address + "/jwks", "http://169.254.169.254/", "file:///etc/passwd"} {
			j09 = append(j09, tokenCase{member + " " + url[:strings.Index(url, ":")] + " to " + strings.TrimPrefix(url, "http") + " is not followed", forged(member, `"`+url+`"`), middleware.ErrSignature})
		}
	}
	s.check(t, "J09", j09)
	_ = trap.Close()
	for range connections {
		t.Error("J09: the verifier connected to the address in the token")
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, attacker.Key.Private.Public(), attacker.Key.Private)
	if err != nil {
		t.Fatal(err)
	}
	s.check(t, "J10", []tokenCase{
		{"a certificate chain in the token is ignored", forged("x5c", `["`+base64.StdEncoding.EncodeToString(cert)+`"]`), middleware.ErrSignature},
		{"a certificate thumbprint in the token is ignored", forged("x5t", `"AAAA"`), middleware.ErrSignature},
		{"a thumbprint in an honest token is ignored", honest("x5t#S256", `"AAAA"`), nil},
	})
}

func TestThreatsKeyID(t *testing.T) {
	s := newSetup(t)
	if err := s.v.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	fetched := s.as.Count(testserver.EndpointJWKS)
	kid := func(text string) string {
		quoted, _ := json.Marshal(text)
		return s.Token(s.Header("kid", string(quoted)), s.Claims())
	}
	s.check(t, "J11", []tokenCase{
		{"NUL in kid is refused", kid("a\x00b"), middleware.ErrMalformed},
		{"CR LF in kid is refused", kid("a\r\nSet-Cookie: x"), middleware.ErrMalformed},
		{"an ANSI escape in kid is refused", kid("\x1b[31m"), middleware.ErrMalformed},
		{"a right-to-left override in kid is refused", kid("a\u202eb"), middleware.ErrMalformed},
		{"a kid of 257 bytes is refused", kid(strings.Repeat("k", 257)), middleware.ErrMalformed},
		{"a kid of a megabyte is refused", kid(strings.Repeat("k", 1<<20)), middleware.ErrTooLong},
		{"an empty kid is refused", kid(""), middleware.ErrMalformed},
		{"a kid that is a number is refused", s.Token(s.Header("kid", "7"), s.Claims()), middleware.ErrMalformed},
		{"a kid that is an object is refused", s.Token(s.Header("kid", "{}"), s.Claims()), middleware.ErrMalformed},
		{"a kid that is null is refused", s.Token(s.Header("kid", "null"), s.Claims()), middleware.ErrMalformed},
	})
	if got := s.as.Count(testserver.EndpointJWKS); got != fetched {
		t.Errorf("J11: got %d fetches for key IDs that cannot exist, want 0", got-fetched)
	}
	var printable []tokenCase
	for _, text := range []string{"../../dev/null", "/dev/null", "' OR 1=1--", "; id", "{{7*7}}", "unknown"} {
		printable = append(printable, tokenCase{"the unknown kid " + strings.ReplaceAll(text, "/", ":") + " is refused", kid(text), middleware.ErrSignature})
	}
	s.check(t, "J11", printable)
	if got := s.as.Count(testserver.EndpointJWKS) - fetched; got > 4 {
		t.Errorf("J11: got %d fetches for six unknown key IDs, want the burst of 4 at most", got)
	}

	single := newSetup(t)
	single.check(t, "J12", []tokenCase{{"a token without kid is accepted when one key fits", single.Token(single.Header("kid", ""), single.Claims()), nil}})
	single = newSetup(t)
	two := single.with("ES256")
	other := single.with("ES384")
	single.check(t, "J12", []tokenCase{
		{"a token without kid is refused when two keys fit", two.Token(two.Header("kid", ""), two.Claims()), middleware.ErrSignature},
		{"a token without kid is accepted when one key of its type fits", other.Token(other.Header("kid", ""), other.Claims()), nil},
	})
}

func TestThreatsHeader(t *testing.T) {
	s := newSetup(t)
	header := func(pairs ...string) string { return s.Token(s.Header(pairs...), s.Claims()) }
	var j13 []tokenCase
	for _, crit := range []string{`[]`, `["exp"]`, `["x"]`, `["x","x"]`, `"x"`, `["alg"]`, `["b64"]`, `null`, `{}`} {
		j13 = append(j13, tokenCase{"crit " + crit + " is refused", header("crit", crit), middleware.ErrMalformed})
	}
	s.check(t, "J13", append(j13, tokenCase{"crit that is understood by its own member is refused", header("crit", `["x"]`, "x", "1"), middleware.ErrMalformed}))
	s.check(t, "J14", []tokenCase{
		{"b64 false is refused", header("b64", "false"), middleware.ErrMalformed},
		{"b64 true is refused", header("b64", "true"), middleware.ErrMalformed},
		{"b64 false made critical is refused", header("crit", `["b64"]`, "b64", "false"), middleware.ErrMalformed},
		{"an unencoded payload is refused", forge.Encode(s.Header("crit", `["b64"]`, "b64", "false")) + ".payload." + forge.Encode("sig"), middleware.ErrMalformed},
	})
	s.check(t, "J21", []tokenCase{
		{"a nested JWT is refused by its cty", s.Token(s.Header("cty", `"JWT"`), s.Good()), middleware.ErrMalformed},
		{"a nested JWT is refused by its cty in lower case", s.Token(s.Header("cty", `"jwt"`), s.Claims()), middleware.ErrMalformed},
		{"a nested JWT is refused without cty", s.Token(s.Header(), s.Good()), middleware.ErrMalformed},
	})
}
