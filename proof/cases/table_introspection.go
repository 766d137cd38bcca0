package cases

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

func everyAdapterAnswersOpaqueTokensAsTheTableSays(t *testing.T, frameworks []Framework) {
	a := newIntrospectionLab(t, frameworks, testserver.New(t))
	for _, g := range a.answers() {
		a.run(t, g)
	}
	// This token is accepted. The opaque tokens above were therefore refused
	// because of their introspection responses.
	a.assertAnswers(t, at("/read", "Bearer "+a.opaque()), alice("/read"))
	if log := a.log.String(); strings.Contains(log, canary) || !strings.Contains(log, `msg="request refused"`) {
		t.Error("E03: the log contains the canary, or lacks the refusals")
	}
}

var (
	notAccess = badToken("token is not an access token")
	inactive  = badToken("token is not active")
	mangled   = badToken("token is malformed")
)

// answers returns rows that test introspection responses. Each row has a
// different token.
func (a *introspectionLab) answers() []group {
	const far = 99999999999
	n := 0
	answered := func(name string, want verdict, answer map[string]any) row {
		n++
		token := fmt.Sprintf("%s-%d", canary, n)
		a.as.SetIntrospection(token, answer)
		return row{name: name, request: at("/read", "Bearer "+token), want: want}
	}
	issued := func(name, token string, want verdict) row {
		return row{name: name, request: at("/read", "Bearer "+token), want: want}
	}
	past := time.Now().Add(-time.Hour).Unix()
	revoked := a.opaque()
	a.as.Revoke(revoked)
	wrongDates := func(claim string) (rows []row) {
		for what, value := range map[string]any{
			"a string": "1999999999", "true": true, "an array": []int{far}, "an object": map[string]any{}, "negative": -1,
			"beyond the year 9999": 1e18, "out of every range": json.RawMessage("1e400"),
		} {
			rows = append(rows, answered(claim+" is "+what, mangled, introspectionResponse(claim, value)))
		}
		return rows
	}
	accepted := alice("/read")
	return []group{
		{"I01", "RFC 7662 §2.2: a token that is not active is not valid, whatever the other members are", []row{
			answered("not active", inactive, map[string]any{"active": false}),
			answered("not active, with all members of an active token", inactive, introspectionResponse("active", false)),
			issued("a token that was revoked", revoked, inactive),
			issued("a token that has expired at the server", a.opaque(testserver.ExpiresIn(-time.Minute)), inactive),
			issued("an unknown token", a.as.Token(testserver.With(testserver.UnknownOpaque)), inactive),
			issued("a word", "opaque", inactive),
		}},
		{"I02", "an answer in which active is not a boolean gives no verdict: 503", []row{
			answered("active is missing", unavailable, introspectionResponse("active", omitted{})), answered("an empty object", unavailable, map[string]any{}),
			answered("active is a string", unavailable, introspectionResponse("active", "true")), answered("active is 1", unavailable, introspectionResponse("active", 1)),
			answered("active is null", unavailable, introspectionResponse("active", nil)), answered("active is an array", unavailable, introspectionResponse("active", []bool{true})),
			answered("active in capitals", unavailable, introspectionResponse("active", omitted{}, "Active", true)),
			answered("active spelled with a long s", unavailable, introspectionResponse("active", omitted{}, "acti\u017fe", true)),
		}},
		{"I03", "the times of an answer are checked like those of a JWT", append(append(wrongDates("exp"), wrongDates("nbf")...),
			answered("expired an hour ago", badToken("token is expired"), introspectionResponse("exp", past)),
			answered("not valid for an hour", badToken("token is not valid yet"), introspectionResponse("nbf", time.Now().Add(time.Hour).Unix())),
			answered("issued in an hour", badToken("token is not valid yet"), introspectionResponse("iat", time.Now().Add(time.Hour).Unix())),
			answered("without exp, where active decides (RFC 7662)", accepted, introspectionResponse("exp", omitted{})),
			answered("exp null counts as absent", accepted, introspectionResponse("exp", nil)), answered("exp 0 counts as absent", accepted, introspectionResponse("exp", 0)),
			answered("exp 1", badToken("token is expired"), introspectionResponse("exp", 1)),
			answered("nbf null and iat null count as absent", accepted, introspectionResponse("nbf", nil, "iat", nil)),
			answered("a fraction of a second", accepted, introspectionResponse("exp", float64(time.Now().Add(time.Hour).Unix())+0.5)),
		)},
		{"I04", "a token may be active for another audience or issuer", []row{
			answered("no audience", badToken("token audience is not accepted"), introspectionResponse("aud", omitted{})),
			answered("another audience", badToken("token audience is not accepted"), introspectionResponse("aud", canary)),
			answered("an audience with a matching prefix", badToken("token audience is not accepted"), introspectionResponse("aud", audience+".example")),
			answered("the audience among others", accepted, introspectionResponse("aud", []string{canary, audience})),
			answered("the audience beside a number", badToken("token audience is not accepted"), introspectionResponse("aud", []any{audience, 1})),
			answered("another issuer", badToken("token issuer is not accepted"), introspectionResponse("iss", "https://"+canary+".example")),
			answered("the issuer and a slash", badToken("token issuer is not accepted"), introspectionResponse("iss", a.Issuer+"/")),
			answered("no issuer: it is that of the endpoint", accepted, introspectionResponse("iss", omitted{})),
			answered("the issuer itself", accepted, introspectionResponse("iss", a.Issuer)),
			answered("a client_id that is not a string", mangled, introspectionResponse("client_id", 1)),
		}},
		{"I05", "RFC 7662 §2.2, RFC 6749 §7.1: only access tokens are accepted, and only bearer tokens need no proof of possession", []row{
			answered("a refresh token", notAccess, introspectionResponse("token_type", "refresh_token")), answered("an ID token", notAccess, introspectionResponse("token_type", "id_token")),
			answered("a DPoP token", notAccess, introspectionResponse("token_type", "DPoP")), answered("an unknown type", notAccess, introspectionResponse("token_type", canary)),
			answered("a type that is not a string", notAccess, introspectionResponse("token_type", []string{"Bearer"})),
			answered("a refresh token by another spelling", notAccess, introspectionResponse("token_type", "Refresh")), answered("a refresh token by token_use", notAccess, introspectionResponse("token_use", "refresh_token")),
			answered("a refresh token by typ", notAccess, introspectionResponse("typ", "Refresh")), answered("at_hash, as in an ID token", notAccess, introspectionResponse("at_hash", canary)),
			answered("bound to a key", badToken("token has a binding that this API cannot check"), introspectionResponse("cnf", map[string]any{"jkt": canary})),
			answered("bound to a certificate", badToken("token has a binding that this API cannot check"), introspectionResponse("token_type", "Bearer", "cnf", map[string]any{"x5t#S256": canary})),
			answered("events, as in a logout token", notAccess, introspectionResponse("events", map[string]any{})),
			answered("a bearer token", accepted, introspectionResponse("token_type", "Bearer")), answered("in lower case", accepted, introspectionResponse("token_type", "bearer")),
			answered("named access_token", accepted, introspectionResponse("token_type", "access_token")), answered("type null", accepted, introspectionResponse("token_type", nil)),
			answered("named access-token", accepted, introspectionResponse("token_type", "access-token")), answered("named as in token exchange", accepted, introspectionResponse("token_type", "urn:ietf:params:oauth:token-type:access_token")), answered("without a type", accepted, introspectionResponse("token_type", omitted{})),
		}},
		{"I06", "unknown members are ignored", []row{
			answered("unknown members of all types", accepted, introspectionResponse("ext", map[string]any{"a": []any{nil, true, 1e300, canary}}, "\u0000", 1, "ACTIVE", false)),
			answered("members that differ in case", accepted, introspectionResponse("Exp", past, "AUD", canary, "Scope", "admin", "Token_Type", "refresh_token")),
			answered("a hundred members", accepted, many(100)),
			answered("200 KiB", accepted, introspectionResponse("pad", strings.Repeat("a", 200<<10))),
			answered("256 KiB", unavailable, introspectionResponse("pad", strings.Repeat("a", 256<<10))),
			answered("nested ten thousand deep", unavailable, introspectionResponse("deep", json.RawMessage(strings.Repeat("[", 9_000)+strings.Repeat("]", 9_000)))),
		}},
		{"I11", "the scopes of an answer are those of the token, for each route", []row{
			answered("another scope", lacking("read"), introspectionResponse("scope", "write")), answered("a scope with a matching prefix", lacking("read"), introspectionResponse("scope", "read:all")),
			answered("no scope", lacking("read"), introspectionResponse("scope", omitted{})), answered("an array of scopes", accepted, introspectionResponse("scope", []string{"write", "read"})),
			answered("a scope of another type", mangled, introspectionResponse("scope", map[string]any{"read": true})),
		}},
	}
}

// many returns an introspection response with n additional members.
func many(n int) map[string]any {
	answer := introspectionResponse()
	for i := range n {
		answer[fmt.Sprint("member", i)] = i
	}
	return answer
}

// The API must not introspect malformed tokens, because they are arbitrary text
// from clients. It must not introspect JWTs, because the API verifies JWTs
// itself.
func onlyOpaqueTokensAreIntrospected(t *testing.T, frameworks []Framework) {
	a := newIntrospectionLab(t, frameworks, testserver.New(t))
	on := func(name, token string, want verdict) row {
		return row{name: name, request: at("/read", "Bearer "+token), want: want}
	}
	h1 := func(r row) row { r.protocol = "HTTP/1.1"; return r }
	before := a.as.Mark()
	for _, g := range []group{
		{"I16", "only a b64token is introspected (RFC 6750 §2.1)", []row{
			on("a percent sign", "a%2Bb", malformed), on("an ampersand", "a&token=b", malformed), on("a space", "a b", malformed), on("a quote", `a"b`, malformed),
			on("padding inside", "a=b", malformed), on("a letter of another alphabet", "a\u0431", malformed),
			on("a carriage return", "a\rb", stoppedByServer), on("a line feed", "a\nb", stoppedByServer), h1(on("a folded line", "a\r\n b", malformed)),
			on("16385 bytes", strings.Repeat("a", 16385), badToken("token is too long")),
			{name: "no token", request: at("/read"), want: noAuth("read")},
			{name: "two tokens", request: at("/read", "Bearer a", "Bearer b"), want: twoTokens},
			{name: "one more in the query", request: at("/read?access_token=b", "Bearer a"), want: twoTokens},
			{name: "another scheme", request: at("/read", "Basic YTpi"), want: noAuth("read")},
		}},
		{"X09", "a token that begins like a JWT is treated as one, with no fallback to introspection", []row{
			on("a good one", a.Good(), alice("/read")), on("an expired one", a.Token(a.Header(), a.Claims("exp", "1")), badToken("token is expired")),
			on("a forged one", a.Good()[:len(a.Good())-4]+"AAAA", badToken("token signature is not valid")),
			on("one of another issuer", a.Token(a.Header(), a.Claims("iss", `"https://other.example"`)), badToken("token issuer is not accepted")),
			on("one without a signature", a.Good()[:strings.LastIndexByte(a.Good(), '.')], mangled),
			on("one without an algorithm", a.Token(`{"alg":"none"}`, a.Claims()), badToken("token signature is not valid")),
		}},
	} {
		a.run(t, g)
	}
	assertIntrospections(t, before, 0)
}

// The authorization server must receive exactly the token that the client sent,
// although the introspection request is form-encoded.
func tokensAreIntrospectedUnchanged(t *testing.T, frameworks []Framework) {
	a := newIntrospectionLab(t, frameworks, testserver.New(t))
	for name, token := range map[string]string{
		"plus and slash": "a+b/c+d", "padding": "YWJj==", "dots": "a.b.c", "characters that a form encodes": "~._-+/~==", "16384 bytes": strings.Repeat("+", 16384),
	} {
		t.Run("I16/"+name, func(t *testing.T) {
			a.as.SetIntrospection(token, introspectionResponse())
			before := a.as.Mark()
			a.assertAnswers(t, at("/read", "Bearer "+token), alice("/read"))
			assertIntrospections(t, before, len(a.targets))
		})
	}
}

// Signed JWTs are introspected in all modes except the default one.
func introspectedJWTsGetTheSameAnswers(t *testing.T, frameworks []Framework) {
	for name, mode := range map[string]middleware.IntrospectionMode{"IntrospectJWTs": middleware.IntrospectJWTs, "IntrospectAll": middleware.IntrospectAll} {
		a := newIntrospectionLab(t, frameworks, testserver.New(t), introspectionMode(mode))
		good := func() request {
			return at("/read", "Bearer "+a.as.Token(testserver.Subject("alice"), testserver.Scope("read")))
		}
		t.Run("I01/JWTs with "+name, func(t *testing.T) {
			before := a.as.Mark()
			a.assertAnswers(t, good(), alice("/read"))
			a.assertAnswers(t, at("/read", "Bearer "+a.opaque()), alice("/read"))
			a.assertAnswers(t, at("/read", "Bearer "+a.as.Token(testserver.Scope("read"), testserver.With(testserver.Revoked))), inactive)
			assertIntrospections(t, before, 3*len(a.targets))
		})
		t.Run("I08/JWTs in an outage with "+name, func(t *testing.T) {
			outage := a.as.Inject(testserver.EndpointIntrospect, testserver.Status(http.StatusServiceUnavailable))
			a.assertAnswers(t, good(), unavailable)
			outage.Remove()
		})
	}
}
