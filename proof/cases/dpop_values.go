package cases

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/testserver"
)

// proofHeaders returns rows for keys, bindings and the header of a proof.
func (l *proofLab) proofHeaders(t *testing.T) []group {
	header := func(name string, want verdict, pairs ...string) row { return on(name, l.withHeader(pairs...), want) }
	bad := func(name string, pairs ...string) row { return header(name, l.badProof(notAProof), pairs...) }
	jwk := func(name string, want verdict, pairs ...string) row {
		changed := map[string]json.RawMessage{}
		check(t, json.Unmarshal([]byte(l.jwk), &changed))
		var all []string
		for member, value := range changed {
			all = append(all, member, string(value))
		}
		return header("jwk with "+name, want, "jwk", jsonMembers(append(all, pairs...)))
	}
	d05 := group{"D05", "the key of the proof must be the key of the token, and every other binding is refused", []row{
		on("a right proof with another client's key", l.byKey(l.other, l.bound()), l.badToken(otherKey)),
		on("another client's key, where tokens are optional", at("/optional", "DPoP "+l.bound()).withLate(func(method string) []field {
			return l.fields(testserver.Proof(l.other.key, method, apiURL+"/optional", l.bound())...)
		}), l.badToken(otherKey)),
	}}
	for name, cnf := range map[string]string{
		"the thumbprint padded": `{"jkt":"` + l.jkt + `="}`, "the thumbprint in another case": `{"JKT":"` + l.jkt + `"}`, "an empty thumbprint": `{"jkt":""}`,
		"a short thumbprint": `{"jkt":"` + l.jkt[1:] + `"}`, "an array": `{"jkt":["` + l.jkt + `"]}`, "an empty cnf": `{}`, "null": `null`, "cnf as text": `"` + l.jkt + `"`,
		"a certificate, too": `{"jkt":"` + l.jkt + `","x5t#S256":"` + l.jkt + `"}`, "an unknown member, too": `{"jkt":"` + l.jkt + `","` + canary + `":1}`,
		"the whole key": `{"jwk":` + l.jwk + `}`, "a certificate": `{"x5t#S256":"` + l.jkt + `"}`, "a key ID": `{"kid":"` + canary + `"}`,
	} {
		d05.rows = append(d05.rows, on("cnf: "+name, l.proved("/read", l.bound("cnf", cnf)), l.badToken(uncheckable)))
	}
	d06 := group{"D06", "typ is dpop+jwt, and alg is asymmetric and accepted", []row{
		bad("typ in capitals", "typ", `"DPOP+JWT"`), bad("typ at+jwt", "typ", `"at+jwt"`), bad("no typ", "typ", ""), bad("typ of another type", "typ", "1"),
		bad("alg in lower case", "alg", `"es256"`), bad("no alg", "alg", ""), bad("alg of another type", "alg", `["ES256"]`), bad("alg of another curve", "alg", `"ES384"`),
		bad("alg for RSA", "alg", `"RS256"`), bad("an unknown alg", "alg", `"`+canary+`"`), bad("an alg that is not accepted for proofs", "alg", `"RS512"`),
		on("the token as its own proof", at("/read", "DPoP "+l.bound()).with("DPoP", l.bound()), l.badProof(notAProof)),
	}}
	for _, alg := range []testserver.Alg{"ES256", "ES384", "ES512", "EdDSA", "PS256", "RS256"} {
		c := newClient(t, alg)
		token := l.bound("cnf", c.cnf())
		d06.rows = append(d06.rows, on("a client with a key for "+string(alg), l.byKey(c, token), alice("/read")))
	}
	other := `"` + base64.RawURLEncoding.EncodeToString(make([]byte, 32)) + `"`
	return []group{d05, d06,
		{"D07", "the header has one public key, in jwk, and refers to no other key", []row{
			jwk("a private member", l.badProof(notAProof), "d", other), jwk("a private member of another type", l.badProof(notAProof), "d", "1"),
			jwk("a factor of an RSA key", l.badProof(notAProof), "p", other), jwk("a secret", l.badProof(notAProof), "k", other),
			jwk("an unknown curve", l.badProof(notAProof), "crv", `"P-257"`), jwk("another type", l.badProof(notAProof), "kty", `"RSA"`), jwk("no coordinate", l.badProof(notAProof), "y", ""),
			jwk("a use for encryption", l.badProof(notAProof), "use", `"enc"`), jwk("another alg", l.badProof(notAProof), "alg", `"ES384"`),
			jwk("a key ID, which is ignored", alice("/read"), "kid", `"`+canary+`"`),
			bad("jwk is null", "jwk", "null"), bad("jwk is text", "jwk", `"`+canary+`"`), bad("jwk is an array", "jwk", "["+l.jwk+"]"), bad("jwk is empty", "jwk", "{}"),
			bad("a URL of keys", "jku", `"https://`+canary+`.example"`), bad("a URL of a certificate", "x5u", `"https://`+canary+`.example"`), bad("a certificate", "x5c", `["`+canary+`"]`),
			header("a key ID, which is ignored", alice("/read"), "kid", `"`+canary+`"`),
		}},
		{"D08", "the header of a proof is read like that of a token", []row{
			bad("crit", "crit", `["exp"]`, "exp", "1"), bad("an empty crit", "crit", "[]"), bad("b64", "b64", "false"), bad("b64 that changes nothing", "b64", "true"), bad("a compressed proof", "zip", `"DEF"`, "crit", `["zip"]`),
		}},
	}
}

// byKey returns a request for /read with a proof by the key of a client.
func (l *proofLab) byKey(c client, token string) request {
	return at("/read", "DPoP "+token).withLate(func(method string) []field {
		return l.fields(testserver.Proof(c.key, method, apiURL+"/read", token)...)
	})
}

// proofBytes returns rows for proofs whose encoding, JSON syntax or signature
// is malformed.
func (l *proofLab) proofBytes() []group {
	changed := func(name string, change func(head, claims, signature string) string) row {
		return on(name, l.withBytes(func(proof string) string {
			parts := strings.Split(proof, ".")
			return change(parts[0], parts[1], parts[2])
		}), l.badProof(notAProof))
	}
	signed := func(name string, change func(header, claims string) (string, string)) row {
		return on(name, l.forged(l.bound(), func(_ string, good draft) []string {
			return []string{l.sign(change(jsonMembers(good.header), jsonMembers(good.claims)))}
		}), l.badProof(notAProof))
	}
	claims := func(name string, change func(claims string) string) row {
		return signed(name, func(h, c string) (string, string) { return h, change(c) })
	}
	zeros := forge.Encode(strings.Repeat("\x00", 64))
	return []group{{"D08", "a proof is read as strictly as a token (RFC 7515 §7.1, RFC 8725)", []row{
		changed("no signature", func(h, c, _ string) string { return h + "." + c + "." }), changed("two segments", func(h, c, _ string) string { return h + "." + c }),
		changed("four segments", func(h, c, s string) string { return h + "." + c + "." + s + "." }), changed("five segments", func(h, c, s string) string { return h + ".." + c + "." + s + "." + s }),
		changed("padding", func(h, c, s string) string { return h + "." + c + "." + s + "==" }), changed("a space inside", func(h, c, s string) string { return h + ". " + c + "." + s }),
		changed("a signature of zeros", func(h, c, _ string) string { return h + "." + c + "." + zeros }), changed("half a signature", func(h, c, s string) string { return h + "." + c + "." + s[:43] }),
		changed("the signature of another text", func(h, _, s string) string { return h + "." + forge.Encode(`{"jti":"x"}`) + "." + s }),
		changed("another spelling of the signature", func(h, c, s string) string { return h + "." + c + "." + s[:85] + next(s[85:]) }),
		changed("the JSON serialization", func(h, c, s string) string {
			return `{"protected":"` + h + `","payload":"` + c + `","signature":"` + s + `"}`
		}),
		changed("quotes around it", func(h, c, s string) string { return `"` + h + "." + c + "." + s + `"` }), changed("a parameter after it", func(h, c, s string) string { return h + "." + c + "." + s + ";" + canary }),
		changed("more than 4 KiB", func(h, c, s string) string { return h + "." + c + "." + s + strings.Repeat("A", 4<<10) }),
		changed("a word", func(string, string, string) string { return canary }), changed("bytes that are not ASCII", func(h, c, s string) string { return h + "." + c + "." + s + "\xff" }),
		{name: "a control byte", request: at("/read", "DPoP "+l.bound()).with("DPoP", "x\x00"), want: stoppedByServer},
		{name: "16 KiB of a proof", request: at("/read", "DPoP "+l.bound()).with("DPoP", strings.Repeat("A", 16<<10)), want: l.badProof(notAProof)},
		claims("a repeated claim by an escape", func(c string) string { return strings.Replace(c, "{", `{"j\u0074i":"x",`, 1) }),
		claims("text after the claims", func(c string) string { return c + "{}" }), claims("a byte order mark", func(c string) string { return "\ufeff" + c }),
		claims("an array", func(c string) string { return "[" + c + "]" }), claims("null", func(string) string { return "null" }), claims("a comment", func(c string) string { return c + "//" }),
		claims("invalid UTF-8", func(c string) string { return strings.Replace(c, "{", "{\"x\":\"\xff\",", 1) }), claims("claims in capitals", strings.ToUpper),
		signed("a repeated jwk", func(h, c string) (string, string) {
			return strings.Replace(h, "{", `{"j\u0077k":`+l.other.jwk+`,`, 1), c
		}),
		signed("text after the header", func(h, c string) (string, string) { return h + "x", c }),
	}}}
}

// next returns the letter that follows the given letter in the base64url
// alphabet. At the end of a 64-byte signature, a lenient decoder ignores the
// last bits, so it decodes both letters to the same bytes.
func next(letter string) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return letters[strings.Index(letters, letter)+1:][:1]
}

// proofClaims returns rows for jti, iat and the optional claims of a proof.
func (l *proofLab) proofClaims(t *testing.T) []group {
	claims := func(name string, want verdict, pairs ...string) row { return on(name, l.withClaims(pairs...), want) }
	bad := func(name string, pairs ...string) row { return claims(name, l.badProof(notAProof), pairs...) }
	timed := func(name string, want verdict, claim string, distance time.Duration) row {
		return on(name, l.forged(l.bound(), func(_ string, good draft) []string {
			value := fmt.Sprint(time.Now().Add(distance).Unix())
			return []string{l.sign(jsonMembers(good.header), jsonMembers(append(good.claims, claim, value)))}
		}), want)
	}
	var count atomic.Int64
	long := func(length int) request {
		return l.forged(l.bound(), func(_ string, good draft) []string {
			id := fmt.Sprintf("%020d", count.Add(1)) + strings.Repeat("x", length-20)
			return []string{l.sign(jsonMembers(good.header), jsonMembers(append(good.claims, "jti", `"`+id+`"`)))}
		})
	}
	passes, late := alice("/read"), l.badProof(wrongTime)
	// again returns a request with a proof whose claims are changed by the
	// result of pairs. The argument of pairs is a jti that an accepted proof
	// has just used.
	token := l.bound()
	again := func(pairs func(id string) []string) request {
		return l.forged(token, func(method string, good draft) []string {
			id := fmt.Sprintf("r%d-%s", count.Add(1), canary)
			first := at("/read", "DPoP "+token).with("DPoP", l.sign(jsonMembers(good.header), jsonMembers(append(good.claims, "jti", `"`+id+`"`))))
			l.targets[0].assertPasses(t, method, first)
			return []string{l.sign(jsonMembers(good.header), jsonMembers(append(good.claims, pairs(id)...)))}
		})
	}
	return []group{
		{"D13", "a jti is used once, whatever the rest of the proof says", []row{
			on("in another proof", again(func(id string) []string { return []string{"jti", `"` + id + `"`, "x", "1"} }), l.badProof(usedBefore)),
			on("with another spelling of htu", again(func(id string) []string {
				return []string{"jti", `"` + id + `"`, "htu", `"HTTPS://api.example.com:443/%72ead"`}
			}), l.badProof(usedBefore)),
			on("with an escape", again(func(id string) []string { return []string{"jti", `"\u0072` + id[1:] + `"`} }), l.badProof(usedBefore)),
			on("with another iat", again(func(id string) []string {
				return []string{"jti", `"` + id + `"`, "iat", fmt.Sprint(time.Now().Unix() + 20)}
			}), l.badProof(usedBefore)),
			on("for another method, which is refused before", again(func(id string) []string {
				return []string{"jti", `"` + id + `"`, "htm", `"PUT"`}
			}), l.badProof(otherRequest)),
		}},
		{"D14", "a jti belongs to one key: clients cannot use up the identifiers of others (RFC 9449 §4.2)", []row{
			{name: "the same jti by new keys", request: at("/read").withLate(func(method string) []field {
				c := newClient(t, "ES256")
				token := l.bound("cnf", c.cnf())
				return append(l.fields(testserver.Proof(c.key, method, apiURL+"/read", token, testserver.Claim("jti", canary))...), field{"Authorization", "DPoP " + token})
			}), want: passes},
			on("a proof that was refused does not use up its jti", l.forged(token, func(method string, good draft) []string {
				id := fmt.Sprintf(`"reused-%d"`, count.Add(1))
				bad := l.sign(jsonMembers(good.header), jsonMembers(append(good.claims, "jti", id, "htm", `"PUT"`)))
				l.targets[0].send(t, method, at("/read", "DPoP "+token).with("DPoP", bad))
				return []string{l.sign(jsonMembers(good.header), jsonMembers(append(good.claims, "jti", id)))}
			}), passes),
		}},
		{"D15", "jti is text of 1 to 256 bytes", []row{
			on("256 bytes", long(256), passes), on("257 bytes", long(257), l.badProof(notAProof)), on("2 KiB", long(2<<10), l.badProof(notAProof)),
			{name: "a megabyte", request: long(1 << 20), want: tooLarge, protocol: "HTTP/1.1"}, // only HTTP/1.1: over HTTP/2, the server closes the connection without an answer
			bad("null", "jti", "null"), bad("an array", "jti", `["`+canary+`"]`), bad("an object", "jti", "{}"), bad("true", "jti", "true"), bad("a lone surrogate", "jti", `"\ud800"`),
		}},
		{"D17", "iat is at most 90 s ago and at most 45 s ahead", []row{
			timed("80 s ago", passes, "iat", -80*time.Second), timed("10 s ago", passes, "iat", -10*time.Second), timed("10 s ahead", passes, "iat", 10*time.Second), timed("40 s ahead", passes, "iat", 40*time.Second),
			timed("95 s ago", late, "iat", -95*time.Second), timed("60 s ahead", late, "iat", time.Minute), timed("a day ago", late, "iat", -24*time.Hour), timed("a year ahead", late, "iat", 365*24*time.Hour),
			claims("zero", late, "iat", "0"), bad("negative", "iat", "-1"), bad("beyond the year 9999", "iat", "1e30"), bad("out of every range", "iat", "1e400"), bad("null", "iat", "null"), bad("true", "iat", "true"),
			on("a fraction of a second", l.forged(l.bound(), func(_ string, good draft) []string {
				return []string{l.sign(jsonMembers(good.header), jsonMembers(append(good.claims, "iat", fmt.Sprintf("%d.5", time.Now().Unix()))))}
			}), passes),
			timed("exp in the past", late, "exp", -time.Hour), timed("exp in the future", passes, "exp", time.Hour), timed("nbf in the future", late, "nbf", time.Hour), timed("nbf in the past", passes, "nbf", -time.Hour),
			bad("exp of another type", "exp", `"1"`), bad("nbf of another type", "nbf", `"1"`),
		}},
		{"E03", "text of a proof reaches no answer and no log", []row{
			claims("the canary in nonce", passes, "nonce", `"`+canary+`"`), bad("a nonce of another type", "nonce", `["`+canary+`"]`), claims("the canary in an unknown claim", passes, canary, `"`+canary+`"`),
			claims("the canary in htm", l.badProof(otherRequest), "htm", `"`+canary+`"`), claims("the canary in ath", l.badProof(otherRequest), "ath", `"`+canary+`"`),
		}},
	}
}
