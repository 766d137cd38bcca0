package token

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// proofRequestDefects returns the defects in the claims htm, ath and jti. A
// proof with one of these defects is for a different HTTP method or access
// token, or its jti is invalid or was used before.
func proofRequestDefects() []Defect {
	return []Defect{{
		Name:  "dpop-htm-missing",
		Wrong: "The proof has no htm, so it is for every method (RFC 9449 §4.3, item 3).",
		Fix:   "Require htm.",
		prove: lacking("htm"),
	}, {
		Name:  "dpop-htm-other",
		Wrong: "htm is another method: an attacker who has seen the proof of one request could send another request (RFC 9449 §4.3, item 8).",
		Fix:   "Compare htm with the method of the request.",
		prove: proved(func(f *proofForgery) { f.Set("htm", otherMethod(f.proof.Method)) }),
	}, {
		Name:  "dpop-htm-other-case",
		Wrong: "htm is the method in lower case instead of upper case, or the reverse; methods are case-sensitive (RFC 9449 §4.3, item 8; RFC 9110 §9.1).",
		Fix:   "Compare htm with the method byte for byte.",
		prove: proved(func(f *proofForgery) { f.Set("htm", otherCase(f.proof.Method)) }),
	}, {
		Name:  "dpop-ath-missing",
		Wrong: "The proof has no ath, so it is not bound to the access token (RFC 9449 §4.2; §4.3, item 12).",
		Fix:   "Require ath in every proof that comes with an access token.",
		prove: lacking("ath"),
	}, {
		Name:  "dpop-ath-half",
		Wrong: "ath is the left half of the hash, as at_hash of an ID token would be; ath is the whole hash (RFC 9449 §4.2; §4.3, item 12).",
		Fix:   "Compare ath with the SHA-256 hash of the token in base64url.",
		prove: proved(func(f *proofForgery) {
			sum := sha256.Sum256([]byte(f.proof.Token))
			f.Set("ath", base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2]))
		}),
	}, {
		Name:  "dpop-ath-other-token",
		Wrong: "ath is the hash of another token, so the client made the proof for that token (RFC 9449 §4.3, item 12).",
		Fix:   "Compare ath with the hash of the token in the request.",
		prove: proved(func(f *proofForgery) { f.Set("ath", hashOf("other"+f.proof.Token)) }),
	}, {
		Name:  "dpop-ath-padded",
		Wrong: "ath ends in '='; base64url is written without padding (RFC 9449 §4.2, RFC 7515 §2).",
		Fix:   "Compare ath as text with the hash of the token in base64url without padding.",
		prove: proved(func(f *proofForgery) { f.Set("ath", hashOf(f.proof.Token)+"=") }),
	}, {
		Name:  "dpop-jti-missing",
		Wrong: "The proof has no jti, so its use cannot be limited to one request (RFC 9449 §4.2; §4.3, item 3; §11.1).",
		Fix:   "Require jti.",
		prove: lacking("jti"),
	}, {
		Name:  "dpop-jti-empty",
		Wrong: "jti is empty, which is not a unique identifier (RFC 9449 §4.2).",
		Fix:   "Refuse an empty jti.",
		prove: setting("jti", ""),
	}, {
		Name:  "dpop-jti-number",
		Wrong: "jti is a JSON number; it is a string (RFC 7519 §4.1.7; RFC 9449 §4.3, item 2).",
		Fix:   "Refuse a claim of the wrong type; never skip a check because a claim cannot be parsed.",
		prove: setting("jti", 7),
	}, {
		Name:  "dpop-jti-long",
		Wrong: "jti is 257 bytes long; an API that stores jti without hashing it should refuse unnecessarily long values (RFC 9449 §11.1).",
		Fix:   "Refuse long values of jti, or store a hash.",
		prove: proved(func(f *proofForgery) {
			jti := RandomSource().Name("proof")
			f.Set("jti", jti+strings.Repeat("A", 257-len(jti)))
		}),
	}, {
		Name: "dpop-replayed",
		// An API that accepts each nonce only once may return this code.
		Codes: []string{"use_dpop_nonce"},
		Wrong: "The proof was used before: its jti is the same in each proof of the key (RFC 9449 §11.1; §4.2).",
		Fix:   "Store each jti with the key's thumbprint, in one atomic step, until the proof is too old, and refuse a jti that is stored.",
		prove: proved(func(f *proofForgery) {
			jwk, err := f.key.shown()
			if err != nil {
				f.Fail(err)
				return
			}
			jti, err := thumbprintOf(jwk)
			if err != nil {
				f.Fail(err)
			}
			f.Set("jti", jti)
		}),
	}}
}

// proofTargetDefects returns the defects in the claim htu: the proof is for a
// URL that is not the URL of the request.
func proofTargetDefects() []Defect {
	const other = "htu is not the URL of the request: an attacker who has seen the proof of one request could send another request"
	const compare = "Compare htu with the URL under which clients know the API, from the configuration, after the normalization of RFC 3986 §6.2.2 and §6.2.3; never with Host or X-Forwarded-Host."
	target := func(name, what string, change func(*url.URL)) Defect {
		return Defect{
			Name:  catalogue.Defect(name),
			Wrong: other + "; it has " + what + " (RFC 9449 §4.3, item 9).",
			Fix:   compare,
			prove: proved(func(f *proofForgery) { f.Set("htu", changed(f.proof.target(), change)) }),
		}
	}
	return []Defect{{
		Name:  "dpop-htu-missing",
		Wrong: "The proof has no htu, so it is for every URL (RFC 9449 §4.3, item 3).",
		Fix:   "Require htu.",
		prove: lacking("htu"),
	},
		target("dpop-htu-host", "another host, which begins with the name of the right host unless the right host is an IPv6 address", func(u *url.URL) {
			port := strings.TrimPrefix(u.Host, strings.TrimSuffix(u.Host, ":"+u.Port()))
			host := strings.TrimSuffix(u.Host, port) + "." + attackerHost
			if strings.HasPrefix(host, "[") {
				host = attackerHost
			}
			u.Host = host + port
		}),
		target("dpop-htu-scheme", "the scheme http instead of https, or https instead of http", func(u *url.URL) {
			if u.Scheme == "http" {
				u.Scheme = "https"
			} else {
				u.Scheme = "http"
			}
		}),
		target("dpop-htu-port", "another port", func(u *url.URL) {
			port, _ := strconv.Atoi(u.Port())
			u.Host = strings.TrimSuffix(u.Host, ":"+u.Port()) + ":" + strconv.Itoa(port%60000+1)
		}),
		target("dpop-htu-path", "a longer path that begins with the right one", func(u *url.URL) { setPath(u, u.EscapedPath()+"-other") }),
		target("dpop-htu-path-case", "a path with upper and lower case exchanged", func(u *url.URL) {
			if swapped := otherCase(u.EscapedPath()); swapped != u.EscapedPath() {
				setPath(u, swapped)
				return
			}
			setPath(u, u.EscapedPath()+"X")
		}),
		target("dpop-htu-trailing-slash", "a path with one slash added or removed at its end", func(u *url.URL) {
			if path := u.EscapedPath(); len(path) > 1 && strings.HasSuffix(path, "/") {
				setPath(u, strings.TrimSuffix(path, "/"))
				return
			}
			setPath(u, "/"+strings.TrimPrefix(u.EscapedPath(), "/")+"/")
		}),
		target("dpop-htu-encoded-slash", "%2F in place of a slash or in addition to one", func(u *url.URL) {
			path := "/" + strings.TrimPrefix(u.EscapedPath(), "/")
			if i := strings.LastIndexByte(path, '/'); i > 0 {
				setPath(u, path[:i]+"%2F"+path[i+1:])
				return
			}
			setPath(u, "/%2F"+path[1:])
		}),
		target("dpop-htu-user-info", "a user name before the host", func(u *url.URL) { u.User = url.User("attacker") }),
		target("dpop-htu-relative", "only a path, so it is for every host", func(u *url.URL) {
			setPath(u, "/"+strings.TrimPrefix(u.EscapedPath(), "/"))
			u.Scheme, u.Host = "", ""
		}),
	}
}

// changed parses the target URL, applies change to it and returns the resulting
// URL. If target is malformed, changed returns a URL of the simulated attacker,
// which no client requests.
func changed(target string, change func(*url.URL)) string {
	u, err := url.Parse(target)
	if err != nil {
		return "https://" + attackerHost + "/"
	}
	change(u)
	return u.String()
}

// setPath sets the path of u to an escaped path.
func setPath(u *url.URL, escaped string) {
	u.RawPath = escaped
	if path, err := url.PathUnescape(escaped); err == nil {
		u.Path = path
	}
}

func otherMethod(method string) string {
	if method == http.MethodGet {
		return http.MethodPost
	}
	return http.MethodGet
}

// otherCase returns text with the case of every letter changed.
func otherCase(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, text)
}
