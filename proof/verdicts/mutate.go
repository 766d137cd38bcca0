package main

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
)

// mutator mutates requests at random. Most methods also return a description of
// the change.
type mutator struct{ *rand.Rand }

// some returns true with the given probability in percent.
func (m mutator) some(percent float64) bool { return m.Float64()*100 < percent }

func (m mutator) one(of ...string) string { return of[m.IntN(len(of))] }

// These are the members and values for mutated tokens. A name after a dollar
// sign is a placeholder, as in shapes.go. maker.filled replaces it.
var (
	values = []string{`null`, `true`, `false`, `0`, `-1`, `1`, `1.5`, `1e400`, `-0`, `1e3`, `99999999999999999999`, `""`, `"x"`, `"\u0000"`, `"\ud800"`, `"é"`, `"a b"`, `" "`, `[]`, `[""]`, `["x",1]`, `[null]`, `{}`, `{"a":1,"a":2}`, `[[]]`, `01`, `"`, ``, `nul`, "\"a\tb\""}
	added  = []string{`"cnf":{"jkt":"x"}`, `"cnf":null`, `"cnf":{}`, `"nonce":"n"`, `"azp":"app"`, `"auth_time":$iat`, `"at_hash":"h"`, `"c_hash":"h"`, `"s_hash":null`, `"typ":"Bearer"`, `"typ":"ID"`, `"typ":"Refresh"`, `"typ":"Offline"`, `"token_use":"access"`, `"token_use":"id"`, `"token_type":"Bearer"`, `"token_type":"mac"`, `"events":{}`, `"scp":["admin"]`, `"scopes":["read"]`, `"roles":["read"]`, `"realm_access":{"roles":["read","admin"]}`, `"realm_access":{"roles":"read admin"}`, `"realm_access":[]`, `"realm_access":{"roles":[1]}`, `"acr":"1"`, `"acr":1`, `"nbf":$iat`, `"nbf":$exp`, `"sub":"bob"`, `"aud":"$aud"`, `"iss":"$iss"`, `"x":{"y":[1,{"z":null}]}`, `"":1`, `"act":{"sub":"x"}`, `"jti":"revoked"`, `"scope":"admin"`, `"exp":$exp`, `"drn":"DS"`, `"ati":"x"`, `"token_introspection":{}`, `"granted_scopes":["read"]`, `"active":true`, `"active":false`}
	set    = []string{`"exp":$iat`, `"exp":0`, `"exp":1`, `"exp":$exp.5`, `"exp":$exp.999999999999`, `"exp":4.1025e9`, `"exp":1e30`, `"exp":-1`, `"exp":$early`, `"exp":$late`, `"nbf":$early`, `"nbf":$late`, `"nbf":$later`, `"iat":$late`, `"iat":$later`, `"iat":$early`, `"iss":"$iss/"`, `"iss":"https://other.example.com"`, `"iss":"https://ed.example.com"`, `"iss":"https:\/\/es.example.com"`, `"iss":" $iss"`, `"aud":["$aud"]`, `"aud":["x","$aud"]`, `"aud":"$aud/"`, `"aud":"other"`, `"aud":["other"]`, `"aud":"orders"`, `"aud":["$aud",1]`, `"aud":{"x":"$aud"}`, `"scope":"read"`, `"scope":"write"`, `"scope":"admin"`, `"scope":"read  write"`, `"scope":" read"`, `"scope":"READ"`, `"scope":["read","write"]`, `"scope":["read write"]`, `"scope":"read\nwrite"`, `"scope":"re\u0061d"`, `"scope":"read \"x\""`, `"jti":"revoked"`, `"jti":"unlisted"`, `"jti":"panic"`, `"client_id":"other"`, `"client_id":["app"]`, `"sub":"\u0061lice"`, `"sub":"a\nb"`, `"token_type":"access_token"`}
	heads  = []string{`"alg":"none"`, `"alg":"nOnE"`, `"alg":"HS256"`, `"alg":"RS256"`, `"alg":"ES256"`, `"alg":"es256"`, `"alg":"PS256"`, `"alg":"ES384"`, `"alg":"EdDSA"`, `"alg":"Ed25519"`, `"alg":"ES256K"`, `"alg":"ES\u0032\u0035\u0036"`, `"kid":"unknown"`, `"kid":"-"`, `"kid":"../../x"`, `"kid":"a\u0000b"`, `"kid":"$kid "`, `"kid":1`, `"typ":"-"`, `"typ":"JWT"`, `"typ":"jwt"`, `"typ":"AT+JWT"`, `"typ":"application/at+jwt"`, `"typ":"Application/JWT"`, `"typ":"JWT "`, `"typ":"dpop+jwt"`, `"typ":"JOSE"`, `"typ":null`, `"typ":""`, `"crit":["exp"]`, `"crit":[]`, `"crit":null`, `"b64":false`, `"b64":true`, `"zip":"DEF"`, `"cty":"JWT"`, `"cty":"json"`, `"enc":"A256GCM"`, `"jku":"https://evil.example/keys"`, `"jwk":{"kty":"EC"}`, `"x5u":"x"`, `"x5c":[]`, `"x5t":"$kid"`, `"x5t":"x"`, `"x5t":1`, `"x5t#S256":"x"`, `"iss":"$iss"`, `"iss":"https://other.example.com"`, `"x":1`, `"":null`}
	spaces = []string{" ", "\n", "\t ", "\r\n", "\v", "\u00a0", "\ufeff"}
)

// split splits a string such as "a":1 into a name and a value.
func split(text string) member {
	name, value, _ := strings.Cut(text, ":")
	return member{name, value}
}

// content changes a member of a header or of claims. set contains the members
// that may be set. Most of them have a meaning for the verifier.
func (m mutator) content(list []member, set []string) ([]member, string) {
	list = append([]member(nil), list...)
	switch p := m.IntN(100); {
	case p < 40:
		to := split(m.one(set...))
		return overlay(list, []member{to}), "set " + to.name + ":" + to.value
	case p < 55:
		to := split(m.one(added...))
		return append(list, to), "append " + to.name + ":" + to.value
	}
	if len(list) == 0 {
		return list, "nothing"
	}
	i := m.IntN(len(list))
	at, name := &list[i], list[i].name
	switch m.IntN(8) {
	case 0:
		return append(list[:i:i], list[i+1:]...), "without " + name
	case 1:
		return append(list, *at), "twice " + name
	case 2:
		return append([]member{{name, m.one(values...)}}, list...), "before " + name
	case 3:
		at.name = m.one(strings.ToUpper(name), strings.Replace(name, `"`, `" `, 1), strings.Replace(name, "i", `\u0069`, 1), strings.Replace(name, "s", "ſ", 1))
		return list, "name " + name
	case 4:
		at.value = m.one("["+at.value+"]", `{"a":`+at.value+"}", `"`+strings.ReplaceAll(at.value, `"`, "")+`"`, at.value+" ", at.value+at.value)
		return list, "wrap " + name
	case 5:
		m.Shuffle(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
		return list, "shuffle"
	default:
		at.value = m.one(values...)
		return list, "value " + name + ":" + at.value
	}
}

// text changes one byte or a piece of a string, or cuts off its end.
func (m mutator) text(s string) (string, string) {
	if s == "" {
		return "x", "one byte"
	}
	i := m.IntN(len(s))
	switch m.IntN(6) {
	case 0:
		return s[:i] + string([]byte{s[i] ^ 1<<m.IntN(8)}) + s[i+1:], "flip"
	case 1:
		return s[:i] + s[i+1:], "drop"
	case 2:
		return s[:i+1] + s[i:], "double"
	case 3:
		return s[:i] + string([]byte{byte(m.Uint32() & 0xff)}) + s[i:], "insert"
	case 4:
		return s[:i], "cut"
	default:
		j := i + m.IntN(len(s)-i)
		return s[:i] + m.one(strings.ToUpper(s[i:j]), strings.ToLower(s[i:j]), s[j:]) + s[j:], "piece"
	}
}

// token changes an encoded token after it was signed.
func (m mutator) token(s string) (string, string) {
	parts := strings.Split(s, ".")
	i := m.IntN(len(parts))
	part := &parts[i]
	switch m.IntN(14) {
	case 0:
		*part += m.one("=", "==", "A", ".", "%3D", "\n", " ")
	case 1:
		*part = strings.NewReplacer("-", "+", "_", "/").Replace(*part)
	case 2:
		*part = ""
	case 3:
		parts = append(parts, m.one("", "x", *part))
	case 4:
		parts = append(parts[:i:i], parts[i+1:]...)
	case 5:
		parts[0], *part = *part, parts[0]
	case 6:
		if n := len(*part); n > 0 { // replaces the last character, which may have trailing bits that are not decoded
			*part = (*part)[:n-1] + m.one("A", "B", "C", "D", "Q", "R", "g", "w", "x")
		}
	case 7:
		*part += strings.Repeat("A", [...]int{1, 300, 16_000, 70_000}[m.IntN(4)])
	case 8:
		return m.one("a.b.c", "eyJ", "eyJ.eyJ.x", "eyJhbGciOiJub25lIn0.e30.", "null", "..", "=", "e30.e30.e30", "A", "Bearer "+s, `"`+s+`"`, s+","+s, "token="+s, s+";a=1"), "other text"
	case 9, 10: // flips one bit of the decoded segment
		if raw, err := base64.RawURLEncoding.DecodeString(*part); err == nil && len(raw) > 0 {
			raw[m.IntN(len(raw))] ^= 1 << m.IntN(8)
			*part = base64.RawURLEncoding.EncodeToString(raw)
		}
	default:
		changed, how := m.text(*part)
		*part = changed
		return strings.Join(parts, "."), fmt.Sprintf("segment %d %s", i, how)
	}
	return strings.Join(parts, "."), fmt.Sprintf("segment %d", i)
}

// fields returns unusual Authorization fields. Most of them contain the token.
func (m mutator) fields(token string) (fields []string, how string) {
	usual := "Bearer " + token
	switch m.IntN(12) {
	case 0:
		return nil, "no field"
	case 1:
		return []string{usual, usual}, "the field twice"
	case 2:
		return []string{m.one("Basic YTpi", "", "Bearer x"), usual}, "two fields"
	case 3:
		return []string{m.one("", " ", "Bearer", "Bearer ", "bearer  ", "Bearer\t", "Basic YTpi", "Negotiate", ",", "Bearer =", "DPoP "+token)}, "no token"
	case 4:
		return []string{usual + m.one(",", ", Basic YTpi", " x", `, realm="x"`, ";", "\x00", "\x7f", "\xff")}, "after the token"
	case 5:
		return []string{m.one(" ", "\t", "  ", "\n", "\v", "\xa0") + usual}, "space before"
	case 6:
		return []string{usual + m.one(" ", "\t", "  \t ", "\r\n", "\v")}, "space after"
	case 7:
		changed, how := m.text(usual)
		return []string{changed}, "field " + how
	default:
		return []string{m.one("bearer ", "BEARER ", "bEaReR ", "Bearer  ", "Bearer     ", "Bearer\t", "Bearer \t", "Bearer\u00a0", "Bearer:", "Bearer: ", "Bearer=", "Bearer,", "Token ", "DPoP ", "Basic ", "JWT ", "BearerX ", "X-Bearer ", "") + token}, "scheme"
	}
}

// query returns a query that may contain an access token.
func (m mutator) query(token string) string {
	if len(token) > 100 {
		token = token[:100]
	}
	return m.one("access_token="+token, "access_token", "access_token=", "a=1&access_token=x", "a=1;access_token=x", "access%5Ftoken=x", "%61ccess_token=x", "%zzaccess_token=x", "access%zz_token=x",
		"Access_Token=x", "access_token[]=x", "xaccess_token=x", "x=access_token", "x=access_token=1", "a=1&b=2", "&&", "access+token=x", "access_token%00=x", " access_token=x", "q=%", "access_token2=x", "token=x")
}
