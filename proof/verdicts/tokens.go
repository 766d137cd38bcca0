package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/testserver"
)

// handle makes an opaque token.
func (m *maker) handle() string {
	return fmt.Sprintf("%s%d%s", m.one("ory_at_", "gho_", "ya29.", "00D!", "a/b+c~", "e30.", "eyJ", "x"), m.count, m.one("", "", "=", ".x", "=="))
}

// jwt makes a token of a signer: a good token, a token with a defect, or a
// mutated token.
func (m *maker) jwt(by *signer) (token, what string) {
	if by.server != nil && m.some(12) {
		defects := slices.AppendSeq([]testserver.Defect{testserver.NoKid, testserver.ExpFractional, testserver.MissingSub, testserver.Oversized}, testserver.Defects())
		d := defects[m.IntN(len(defects))]
		if d != testserver.AlgKeyMismatch || by.keys[0].Alg != "RS256" { // an RS256 server signs this token with PS256, whose random salt differs in each run
			return by.server.Token(testserver.With(d)), "defect " + string(d)
		}
	}
	s := shapes[0]
	if m.some(60) {
		s = shapes[m.IntN(len(shapes))]
	}
	what = s.name
	header, claims := overlay(members(usualHeader), members(s.header)), overlay(members(usualClaims), members(s.claims))
	return m.signed(by, header, claims, what)
}

// signed makes a token from header and claims members. At random, it mutates
// the members or the JSON text.
func (m *maker) signed(by *signer, header, claims []member, what string) (string, string) {
	var how string
	for m.some(40) {
		if m.some(35) {
			header, how = m.content(header, heads)
		} else {
			claims, how = m.content(claims, set)
		}
		what += ", " + how
	}
	space := ""
	if m.some(4) {
		space, what = m.one(spaces...), what+", space"
	}
	key := by.keys[m.IntN(len(by.keys))]
	head, body := m.filled(object(header, space), by, key), m.filled(object(claims, space), by, key)
	switch {
	case m.some(1.5):
		head, how = m.text(head)
		what += ", header " + how
	case m.some(3):
		body, how = m.text(body)
		what += ", claims " + how
	case m.some(1):
		body = m.one("", "null", "[]", "1", body+body, body+"x", "{}", "\x00"+body, body+"\xff", `"`+body+`"`)
		what += ", other claims"
	}
	input := forge.Encode(head) + "." + forge.Encode(body)
	return input + "." + base64.RawURLEncoding.EncodeToString(sign(key, input)), what
}

// filled replaces placeholders in text, such as $iss, with values.
func (m *maker) filled(text string, by *signer, key testserver.Key) string {
	at := func(seconds int) string { return strconv.FormatInt(m.now().Unix()+int64(seconds), 10) }
	return strings.NewReplacer("$alg", string(key.Alg), "$kid", key.ID, "$iss", by.issuer, "$aud", audience, "$n", strconv.Itoa(m.count),
		"$exp", at(300), "$iat", at(0), "$early", at(-29-m.IntN(3)), "$later", at(3600), "$late", at(29+m.IntN(3))).Replace(text)
}

// answer makes an introspection response.
func (m *maker) answer(by *signer) (answer, string) {
	a := answer{200, "application/json", ""}
	if m.some(12) {
		a.Body = m.one(`{"active":false}`, `{"active":false,"sub":"x"}`, ` {"active" : false}`)
		return a, "inactive"
	}
	s := answers[0]
	if m.some(50) {
		s = answers[m.IntN(len(answers))]
	}
	what, list := s.name, members(s.claims)
	var how string
	for m.some(25) {
		list, how = m.content(list, set)
		what += ", " + how
	}
	a.Body = m.filled(object(list, ""), by, by.keys[0])
	switch m.IntN(30) {
	case 0:
		a.Body, how = m.text(a.Body)
		what += ", " + how
	case 1:
		a.Status = []int{204, 302, 400, 404, 429, 500, 503}[m.IntN(7)]
		what += ", status"
	case 2:
		a.Type = m.one("", "text/html", "application/json; charset=utf-8", "Application/JSON", "application/jwt", "application/token-introspection+jwt")
		what += ", content type"
	}
	return a, what
}

// sign signs input so that the signature is the same each time.
func sign(key testserver.Key, input string) []byte {
	private, ok := key.Private.(*ecdsa.PrivateKey)
	if !ok {
		return forge.Sign(key, input)
	}
	digest := sha256.Sum256([]byte(input))
	der, err := private.Sign(nil, digest[:], crypto.SHA256) // without a random source, the signature is deterministic (RFC 6979)
	var pair struct{ R, S *big.Int }
	if err == nil {
		_, err = asn1.Unmarshal(der, &pair)
	}
	if err != nil {
		panic(err)
	}
	signature := make([]byte, 64)
	pair.R.FillBytes(signature[:32])
	pair.S.FillBytes(signature[32:])
	return signature
}
