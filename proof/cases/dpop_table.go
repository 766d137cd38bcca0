package cases

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// everyAdapterChecksProofs sends the requests of the rows about DPoP to each
// adapter.
func everyAdapterChecksProofs(t *testing.T, frameworks []Framework) {
	l := newProofLab(t, frameworks, proofsOn)
	groups := slices.Concat(l.schemes(), l.defects(t), l.proofHeaders(t), l.proofBytes(), l.proofRequests(), l.proofURLs(), l.proofClaims(t), l.proofTokens())
	for _, g := range groups {
		l.run(t, g)
	}
	l.checkProofLog(t, groups)
}

// on returns a row that is sent over every protocol.
func on(name string, r request, want verdict) row { return row{name: name, request: r, want: want} }

// schemes returns rows about the scheme, the binding of the token and the
// number of proofs.
func (l *proofLab) schemes() []group {
	const route = "/read"
	bound, unbound := l.bound(), l.Good()
	right := func(r request, token string) request {
		return r.withLate(func(method string) []field {
			return l.fields(testserver.Proof(l.key, method, apiURL+r.path, token)...)
		})
	}
	asBearer := l.refuses(401, "invalid_token", needsProof, bothSchemes)
	malformed := l.badRequest("request does not contain exactly one well-formed bearer token")
	two := "request contains more than one access token"
	return []group{
		{"R01", "an unknown scheme is not a token: no error code, and all schemes are offered", []row{
			on("an unknown scheme with a proof", right(at(route, "Hawk id=1"), bound), l.asks()),
			on("a proof without Authorization", right(at(route), bound), l.asks()),
			on("a scheme that begins like DPoP", right(at(route, "DPoPx "+bound), bound), l.asks()),
			on("a proof where tokens are optional", right(at("/optional"), bound), anonymous("/optional")),
		}},
		{"R02", "two Authorization fields are refused, whatever their schemes are", []row{
			on("Bearer before DPoP", right(at(route, "Bearer "+bound, "DPoP "+bound), bound), l.refuses(400, "invalid_request", two, bothSchemes)),
			on("DPoP before Bearer", right(at(route, "DPoP "+bound, "Bearer "+unbound), bound), l.refuses(400, "invalid_request", two, bothSchemes)),
			on("DPoP twice", right(at(route, "DPoP "+bound, "DPoP "+bound), bound), l.refuses(400, "invalid_request", two, bothSchemes)),
		}},
		{"R03", "a token in the query beside a DPoP token is refused", []row{
			on("the bound token", right(at(route+"?access_token="+bound, "DPoP "+bound), bound), l.badRequest(two)),
			on("another token", right(at(route+"?access_token=x", "DPoP "+bound), bound), l.badRequest(two)),
		}},
		{"R04", "a bound token in the query is never used", []row{
			on("a bound token only in the query, with a proof", right(at(route+"?access_token="+bound), bound), l.asks()),
		}},
		{"R06", "the scheme DPoP is case-insensitive (RFC 9110 §11.1)", []row{
			on("lower case", right(at(route, "dpop "+bound), bound), alice(route)),
			on("upper case", right(at(route, "DPOP "+bound), bound), alice(route)),
			on("two spaces after it", right(at(route, "DPoP  "+bound), bound), alice(route)),
		}},
		{"R07", "the scheme DPoP without a token is malformed", []row{
			on("nothing after the scheme", right(at(route, "DPoP"), bound), malformed),
			on("two tokens after the scheme", right(at(route, "DPoP "+bound+" "+bound), bound), malformed),
		}},
		{"D01", "a bound token without the scheme DPoP is refused (RFC 9449 §7.2)", []row{
			on("no proof", at(route, "Bearer "+bound), asBearer),
			on("a right proof does not help", right(at(route, "Bearer "+bound), bound), asBearer),
			on("the scheme in lower case", at(route, "bearer "+bound), asBearer),
			on("where tokens are optional", at("/optional", "Bearer "+bound), asBearer),
			on("an unbound token passes, and its stray proof is ignored", right(at(route, "Bearer "+unbound), unbound), alice(route)),
			on("an unbound token passes, and its bad proof is ignored", at(route, "Bearer "+unbound).with("DPoP", canary), alice(route)),
		}},
		{"D02", "a proof is read only from the field DPoP", []row{
			on("no proof where tokens are optional", at("/optional", "DPoP "+bound), l.badProof(notAProof)),
			on("an empty field", at(route, "DPoP "+bound).with("DPoP", ""), l.badProof(notAProof)),
			on("another field", at(route, "DPoP "+bound).withLate(func(method string) []field {
				return []field{{"X-DPoP", testserver.Proof(l.key, method, apiURL+route, bound)[0]}, {"DPoP-Proof", testserver.Proof(l.key, method, apiURL+route, bound)[0]}}
			}), l.badProof(notAProof)),
			on("a trailer", at(route, "DPoP "+bound).withBody("x").withTrailer("DPoP", testserver.Proof(l.key, "GET", apiURL+route, bound)[0]), l.badProof(notAProof)),
			on("the query", at(route+"?DPoP="+testserver.Proof(l.key, "GET", apiURL+route, bound)[0], "DPoP "+bound), l.badProof(notAProof)),
		}},
		{"D03", "more than one proof is refused, even if one of them is right", []row{
			on("the same proof twice", at(route, "DPoP "+bound).withLate(func(method string) []field {
				one := testserver.Proof(l.key, method, apiURL+route, bound)[0]
				return l.fields(one, one)
			}), l.badProof(notAProof)),
			on("a right proof before an empty field", right(at(route, "DPoP "+bound), bound).with("DPoP", ""), l.badProof(notAProof)),
			on("a right proof and another spelling of the field", right(at(route, "DPoP "+bound), bound).with("dpop", canary), l.badProof(notAProof)),
			on("spaces around the proof are not part of it", l.withBytes(func(proof string) string { return " \t" + proof + " \t" }), alice(route)),
		}},
		{"D04", "the scheme DPoP needs a bound token (RFC 9449 §7.1)", []row{
			on("no proof", at(route, "DPoP "+unbound), l.badToken(notBound)),
			on("a right proof does not help", l.proved(route, unbound), l.badToken(notBound)),
			on("where tokens are optional", l.proved("/optional", unbound), l.badToken(notBound)),
		}},
	}
}

// defectGroups maps each defect to a threat and an error description. The first
// entry whose prefix matches the defect is used.
var defectGroups = []struct{ prefix, threat, description string }{
	{"dpop-missing", "D02", notAProof}, {"dpop-two", "D03", notAProof}, {"dpop-comma", "D03", notAProof},
	{"dpop-wrong-typ", "D06", notAProof}, {"dpop-alg", "D06", notAProof}, {"dpop-hs256", "D06", notAProof}, {"dpop-rsa", "D06", notAProof},
	{"dpop-no-jwk", "D07", notAProof}, {"dpop-private", "D07", notAProof}, {"dpop-oct", "D07", notAProof}, {"dpop-jwk", "D07", notAProof},
	{"dpop-other-key", "D05", ""}, {"dpop-bad-signature", "D08", notAProof}, {"dpop-crit", "D08", notAProof}, {"dpop-duplicate", "D08", notAProof},
	{"dpop-htm-missing", "D09", notAProof}, {"dpop-htu-missing", "D10", notAProof}, {"dpop-htm", "D09", otherRequest}, {"dpop-htu", "D10", otherRequest},
	{"dpop-ath", "D12", otherRequest}, {"dpop-jti", "D15", notAProof}, {"dpop-replayed", "D13", usedBefore},
	{"dpop-iat-missing", "D17", notAProof}, {"dpop-iat-as", "D17", notAProof}, {"dpop-iat", "D17", wrongTime}, {"dpop-expired", "D17", wrongTime},
	{"dpop-not-yet", "D17", wrongTime}, {"dpop-nonce", "D18", ""},
}

// defects returns one group, with one row, for each proof defect of testserver
// that defectGroups lists.
func (l *proofLab) defects(t *testing.T) (groups []group) {
	for _, d := range slices.AppendSeq([]testserver.Defect{"dpop-jti-long"}, testserver.ProofDefects()) {
		for _, g := range defectGroups {
			if !strings.HasPrefix(string(d), g.prefix) {
				continue
			}
			want := l.badProof(g.description)
			switch {
			case d == "dpop-other-key":
				want = l.badToken(otherKey)
			case g.threat == "D18" && !l.nonces:
				want = alice("/read")
			case g.threat == "D18", l.nonces && strings.HasPrefix(string(d), "dpop-iat-") && g.description == wrongTime:
				want = l.wantsNonce()
			}
			groups = append(groups, group{g.threat, "every API must refuse this proof", []row{on(string(d), l.defective(t, d), want)}})
			break
		}
	}
	return groups
}

// defective returns a request whose proof has the defect d.
func (l *proofLab) defective(t *testing.T, d testserver.Defect) request {
	token := l.as.Token(testserver.Subject("alice"), testserver.Scope("read"), testserver.BoundTo(l.key), testserver.With(d))
	r := l.proved("/read", token, testserver.With(d))
	if d != "dpop-replayed" {
		return r
	}
	return at("/read", "DPoP "+token).withLate(func(method string) []field {
		l.targets[0].send(t, method, r) // now the proof has been used at least once
		l.targets[0].reached.reset()
		return r.late(method)
	})
}

// proofRequests returns rows for htm.
func (l *proofLab) proofRequests() []group {
	htm := func(name string, change func(method string) string, description string) row {
		return on(name, l.forged(l.bound(), func(method string, good draft) []string {
			return []string{l.sign(jsonMembers(good.header), jsonMembers(append(good.claims, "htm", change(method))))}
		}), l.badProof(description))
	}
	text := func(format string) func(string) string {
		return func(method string) string { return fmt.Sprintf("%q", fmt.Sprintf(format, method)) }
	}
	return []group{{"D09", "htm is the method of the request, which is case-sensitive (RFC 9110 §9.1)", []row{
		htm("in lower case", func(method string) string { return fmt.Sprintf("%q", strings.ToLower(method)) }, otherRequest),
		htm("in title case", func(method string) string { return fmt.Sprintf("%q", method[:1]+strings.ToLower(method[1:])) }, otherRequest),
		htm("with a space", text("%s "), otherRequest), htm("two methods", text("%s, PUT"), otherRequest), htm("any method", func(string) string { return `"*"` }, otherRequest),
		htm("another method", func(string) string { return `"PUT"` }, otherRequest),
		htm("an array", func(m string) string { return `["` + m + `"]` }, notAProof), htm("null", func(string) string { return "null" }, notAProof),
		on("X-HTTP-Method-Override is not read", l.forged(l.bound(), func(_ string, good draft) []string {
			return []string{l.sign(jsonMembers(good.header), jsonMembers(append(good.claims, "htm", `"PUT"`)))}
		}).with("X-HTTP-Method-Override", "PUT"), l.badProof(otherRequest)),
	}}}
}

// proofURLs returns test cases for the claim htu, and for header fields that
// claim another address for the API.
func (l *proofLab) proofURLs() []group {
	htu := func(name, url string, want verdict) row {
		return on(name, l.withClaims("htu", fmt.Sprintf("%q", url)), want)
	}
	var same, different []row
	for _, u := range []string{
		"HTTPS://API.EXAMPLE.com:443/read", "https://api.example.com:/read", apiURL + "/%72ead", apiURL + "/%7euser/../read", apiURL + "/x/.././read",
		apiURL + "/read?x=1", apiURL + "/read#x", apiURL + "/%2e/read", gatewayURL + "/read", "https://GATEWAY.example.net:08443/orders/v2/read",
		gatewayURL + "/x/%2E%2E/read", apiURL + "/../read",
	} {
		same = append(same, htu("the same: "+url.PathEscape(u), u, alice("/read")))
	}
	for _, u := range []string{
		apiURL, apiURL + "/", apiURL + "/read/", apiURL + "//read", apiURL + "/Read", apiURL + "/%2Fread", apiURL + "/%2fread", apiURL + "/read%2F", apiURL + "/read%00",
		apiURL + "/read%2Fx/..%2F", apiURL + "/read;x", apiURL + "/rea%2564", "/read", "read", "//api.example.com/read", "https:/api.example.com/read", "https:///read",
		"http://api.example.com/read", "https://api.example.com:8443/read", "https://api.example.com:80/read", "https://api.example.com:99999/read", "https://api.example.com:-443/read",
		"https://api.example.com./read", "https://api.example.com.evil.example/read", "https://evil.example/api.example.com/read", "https://api.example.com@evil.example/read",
		"https://user@api.example.com/read", "https://api.example.com\\@evil.example/read", "https://api.example.com%2F/read", "https://api.example.com%00/read", "https://\u0430pi.example.com/read",
		"https://[fe80::1%25eth0]/read", "https://[::1]/read", "https://127.0.0.1/read", "wss://api.example.com/read", "https://api.example.com /read", " https://api.example.com/read",
		"https://api.example.com/read\n", "https://api.example.com/orders/v2/read", "https://gateway.example.net:8443/read", "https://gateway.example.net/orders/v2/read",
		"https://gateway.example.net:8443/orders/v2/../read", "https://gateway.example.net:8443/orders/v2read", "https://gateway.example.net:8443/orders%2Fv2/read",
		apiURL + "/read%", apiURL + "/read%zz", "https://" + canary + ".example/read",
	} {
		different = append(different, htu("another: "+url.PathEscape(u), u, l.badProof(otherRequest)))
	}
	different = append(different, htu("empty", "", l.badProof(notAProof)), on("an array", l.withClaims("htu", `["`+apiURL+`/read"]`), l.badProof(notAProof)))
	lie := "https://" + canary + ".example.com"
	return []group{
		{"D10", "htu is compared in normal form (RFC 9449 §4.3, RFC 3986 §6.2)", append(same, on("the query is not part of htu", l.proved("/tenant?tenant=alice", l.bound()), alice("/tenant")))},
		{"D10", "another URL than that of the request is refused", different},
		{"D11", "the address of the API is configured, and no field of a request changes it", []row{
			on("hostile fields do not refuse a right proof", hostileFields(l.proved("/read", l.bound())), alice("/read")),
			on("hostile fields do not change the URL", hostileFields(l.provedFor(lie+"/read", "/read", l.bound())), l.badProof(otherRequest)),
			on("the scheme of X-Forwarded-Proto", hostileFields(l.provedFor("http://api.example.com/read", "/read", l.bound())), l.badProof(otherRequest)),
			on("the path of X-Original-Url", hostileFields(l.provedFor(apiURL+"/"+canary, "/read", l.bound())), l.badProof(otherRequest)),
			on("the path of X-Forwarded-Prefix", hostileFields(l.provedFor(apiURL+"/"+canary+"/read", "/read", l.bound())), l.badProof(otherRequest)),
			on("the port of X-Forwarded-Port", hostileFields(l.provedFor("https://api.example.com:8443/read", "/read", l.bound())), l.badProof(otherRequest)),
			on("a gateway that strips a path and rewrites Host", inside(l.provedFor(gatewayURL+"/read", "/read", l.bound())), alice("/read")),
			on("the address behind the gateway", inside(l.provedFor("http://10.0.0.7:8080/read", "/read", l.bound())), l.badProof(otherRequest)),
			{name: "an absolute request target", request: l.provedFor(apiURL+"/read", "http://"+canary+".example.com/read", l.bound()), want: alice("/read"), protocol: "HTTP/1.1"},
			{name: "an absolute request target is not the URL", request: l.provedFor("http://"+canary+".example.com/read", "http://"+canary+".example.com/read", l.bound()), want: l.badProof(otherRequest), protocol: "HTTP/1.1"},
		}},
	}
}

// inside returns the request as a gateway forwards it, with an internal address
// in Host.
func inside(r request) request {
	r.host = "10.0.0.7:8080"
	return r
}

// proofTokens returns rows for the claim ath and for tokens that the API does
// not accept.
func (l *proofLab) proofTokens() []group {
	bound := l.bound()
	sum := sha256.Sum256([]byte(bound))
	another := l.bound("jti", `"id-2"`)
	good := func(name, token, description string) row {
		return on(name+", with a good proof", l.proved("/read", token), l.badToken(description))
	}
	bad := func(name, token, description string) row {
		return on(name+", with a bad proof", at("/read", "DPoP "+token).with("DPoP", canary), l.badToken(description))
	}
	none := func(name, token, description string) row {
		return on(name+", without a proof", at("/read", "DPoP "+token), l.badToken(description))
	}
	var failing []row
	for _, one := range []struct{ name, token, description string }{
		{"an expired token", l.bound("exp", "1"), "token is expired"}, {"a token for another API", l.bound("aud", `"another"`), "token audience is not accepted"},
		{"a token with another signature", bound[:len(bound)-8] + "AAAAAAAA", "token signature is not valid"}, {"an opaque token", canary, "token is not valid"},
	} {
		failing = append(failing, good(one.name, one.token, one.description), bad(one.name, one.token, one.description), none(one.name, one.token, one.description))
	}
	return []group{
		{"D12", "ath is the hash of the token", []row{
			on("a proof for another token of the same client", l.forgedFor(another, bound), l.badProof(otherRequest)),
			on("in hexadecimal", l.withClaims("ath", `"`+hex.EncodeToString(sum[:])+`"`), l.badProof(otherRequest)),
			on("empty", l.withClaims("ath", `""`), l.badProof(otherRequest)), on("of another type", l.withClaims("ath", "1"), l.badProof(notAProof)),
			on("the token itself", l.withClaims("ath", `"`+bound+`"`), l.badProof(otherRequest)),
		}},
		{"D19", "a token that is not valid is refused as invalid_token, whatever its proof is", append(failing,
			on("a revoked token, with a good proof", l.proved("/read", l.bound("jti", `"revoked"`)), l.badToken("token is revoked")),
			on("a missing scope, with a good proof", l.proved("/read", l.bound("scope", `"other"`)), l.lacks("read")),
			on("an issuer that is unreachable", at("/read", "DPoP "+l.unreachable).with("DPoP", canary), unavailable),
		)},
	}
}

// forgedFor returns a request with one token (presented) and a proof for a
// different token (proved).
func (l *proofLab) forgedFor(proved, presented string) request {
	return at("/read", "DPoP "+presented).withLate(func(method string) []field {
		return l.fields(testserver.Proof(l.key, method, apiURL+"/read", proved)...)
	})
}
