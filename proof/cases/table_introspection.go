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
	a := newAsking(t, frameworks, testserver.New(t))
	for _, g := range a.answers() {
		a.run(t, g)
	}
	// Without Issuer.Introspection these would be refused as what they are not.
	a.sends(t, at("/read", "Bearer "+a.opaque()), alice("/read"))
	if log := a.log.String(); strings.Contains(log, canary) || !strings.Contains(log, `msg="request refused"`) {
		t.Error("E03: a stranger's text was logged, or nothing was")
	}
}

var (
	notAccess = badToken("token is not an access token")
	inactive  = badToken("token is not active")
	mangled   = badToken("token is malformed")
)

// answers are rows about what the authorization server says of a token. Each
// has a token of its own.
func (a *asking) answers() []group {
	const far = 99999999999
	n := 0
	told := func(name string, want verdict, answer map[string]any) row {
		n++
		token := fmt.Sprintf("%s-%d", canary, n)
		a.as.SetIntrospection(token, answer)
		return row{name: name, request: at("/read", "Bearer "+token), want: want}
	}
	unsaid := func(name, token string, want verdict) row {
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
			rows = append(rows, told(claim+" is "+what, mangled, said(claim, value)))
		}
		return rows
	}
	accepted := alice("/read")
	return []group{
		{"I01", "RFC 7662 §2.2: what is not active is not valid, whatever else is said of it", []row{
			told("not active", inactive, map[string]any{"active": false}),
			told("not active, with all that an active token has", inactive, said("active", false)),
			unsaid("a token that was revoked", revoked, inactive),
			unsaid("a token that has expired at the server", a.opaque(testserver.ExpiresIn(-time.Minute)), inactive),
			unsaid("a handle that nobody issued", a.as.Token(testserver.With(testserver.UnknownOpaque)), inactive),
			unsaid("a word", "opaque", inactive),
		}},
		{"I02", "an answer in which active is not a boolean is none, and none is no verdict", []row{
			told("active is missing", unavailable, said("active", gone{})), told("nothing is there", unavailable, map[string]any{}),
			told("active is a string", unavailable, said("active", "true")), told("active is 1", unavailable, said("active", 1)),
			told("active is null", unavailable, said("active", nil)), told("active is an array", unavailable, said("active", []bool{true})),
			told("active in capitals", unavailable, said("active", gone{}, "Active", true)),
			told("active spelled with a long s", unavailable, said("active", gone{}, "acti\u017fe", true)),
		}},
		{"I03", "the times of an answer count as those of a JWT do", append(append(wrongDates("exp"), wrongDates("nbf")...),
			told("expired an hour ago", badToken("token is expired"), said("exp", past)),
			told("not valid for an hour", badToken("token is not valid yet"), said("nbf", time.Now().Add(time.Hour).Unix())),
			told("issued in an hour", badToken("token is not valid yet"), said("iat", time.Now().Add(time.Hour).Unix())),
			told("without an end, for which RFC 7662 leaves the word to active", accepted, said("exp", gone{})),
			told("with an end that is null, which counts as absent", accepted, said("exp", nil)), told("with an end of zero, which counts as absent", accepted, said("exp", 0)),
			told("ended a second after the beginning of time", badToken("token is expired"), said("exp", 1)),
			told("with a beginning that is null", accepted, said("nbf", nil, "iat", nil)),
			told("a part of a second", accepted, said("exp", float64(time.Now().Add(time.Hour).Unix())+0.5)),
		)},
		{"I04", "a token for somebody else, or of somebody else, is active for them", []row{
			told("no audience", badToken("token audience is not accepted"), said("aud", gone{})),
			told("another audience", badToken("token audience is not accepted"), said("aud", canary)),
			told("an audience that begins like ours", badToken("token audience is not accepted"), said("aud", audience+".example")),
			told("ours among others", accepted, said("aud", []string{canary, audience})),
			told("ours among what is no audience", badToken("token audience is not accepted"), said("aud", []any{audience, 1})),
			told("another issuer", badToken("token issuer is not accepted"), said("iss", "https://"+canary+".example")),
			told("the issuer and a slash", badToken("token issuer is not accepted"), said("iss", a.Issuer+"/")),
			told("no issuer, for it is known who was asked", accepted, said("iss", gone{})),
			told("the issuer itself", accepted, said("iss", a.Issuer)),
			told("a client that is no text", mangled, said("client_id", 1)),
		}},
		{"I05", "RFC 7662 §2.2, RFC 6749 §7.1: only an access token is one, and only a bearer token needs no proof", []row{
			told("a refresh token", notAccess, said("token_type", "refresh_token")), told("an ID token", notAccess, said("token_type", "id_token")),
			told("a DPoP token", notAccess, said("token_type", "DPoP")), told("a type of nobody's", notAccess, said("token_type", canary)),
			told("a type that is not a string", notAccess, said("token_type", []string{"Bearer"})),
			told("a refresh token by another spelling", notAccess, said("token_type", "Refresh")), told("a refresh token by token_use", notAccess, said("token_use", "refresh_token")),
			told("a refresh token by typ", notAccess, said("typ", "Refresh")), told("the hash of an access token beside it, as in an ID token", notAccess, said("at_hash", canary)),
			told("bound to a key of a client", badToken("token is bound to a key that this API cannot check"), said("cnf", map[string]any{"jkt": canary})),
			told("bound to a certificate", badToken("token is bound to a key that this API cannot check"), said("token_type", "Bearer", "cnf", map[string]any{"x5t#S256": canary})),
			told("the marks of a logout token", notAccess, said("events", map[string]any{})),
			told("a bearer token", accepted, said("token_type", "Bearer")), told("in lower case", accepted, said("token_type", "bearer")),
			told("named access_token", accepted, said("token_type", "access_token")), told("of a type that is null", accepted, said("token_type", nil)),
			told("named access-token", accepted, said("token_type", "access-token")), told("named as in token exchange", accepted, said("token_type", "urn:ietf:params:oauth:token-type:access_token")), told("of no type", accepted, said("token_type", gone{})),
		}},
		{"I06", "members that nobody needs change nothing", []row{
			told("unknown members of all types", accepted, said("ext", map[string]any{"a": []any{nil, true, 1e300, canary}}, "\u0000", 1, "ACTIVE", false)),
			told("members named like ours but for their case", accepted, said("Exp", past, "AUD", canary, "Scope", "admin", "Token_Type", "refresh_token")),
			told("a hundred members", accepted, many(100)),
			told("200 KiB", accepted, said("pad", strings.Repeat("a", 200<<10))),
			told("256 KiB", unavailable, said("pad", strings.Repeat("a", 256<<10))),
			told("nested ten thousand deep", unavailable, said("deep", json.RawMessage(strings.Repeat("[", 9_000)+strings.Repeat("]", 9_000)))),
		}},
		{"I11", "the scopes of an answer are those of the token, for each route", []row{
			told("another scope", lacking("read"), said("scope", "write")), told("a scope that begins like ours", lacking("read"), said("scope", "read:all")),
			told("no scope", lacking("read"), said("scope", gone{})), told("an array of scopes", accepted, said("scope", []string{"write", "read"})),
			told("a scope of another type", mangled, said("scope", map[string]any{"read": true})),
		}},
	}
}

// many is an answer with n members besides its own.
func many(n int) map[string]any {
	answer := said()
	for i := range n {
		answer[fmt.Sprint("member", i)] = i
	}
	return answer
}

// What is no token, and what is a JWT, is asked about nowhere: a server is not
// to be fed what a stranger makes up, nor shown what was verified here.
func nothingIsAskedAboutThatNeedNotBe(t *testing.T, frameworks []Framework) {
	a := newAsking(t, frameworks, testserver.New(t))
	on := func(name, token string, want verdict) row {
		return row{name: name, request: at("/read", "Bearer "+token), want: want}
	}
	h1 := func(r row) row { r.protocol = "HTTP/1.1"; return r }
	before := a.as.Mark()
	for _, g := range []group{
		{"I16", "a b64token alone is asked about (RFC 6750 §2.1)", []row{
			on("a percent sign", "a%2Bb", malformed), on("an ampersand", "a&token=b", malformed), on("a space", "a b", malformed), on("a quote", `a"b`, malformed),
			on("padding inside", "a=b", malformed), on("a letter of another alphabet", "a\u0431", malformed),
			on("a carriage return", "a\rb", below), on("a line feed", "a\nb", below), h1(on("a folded line", "a\r\n b", malformed)),
			on("16385 bytes", strings.Repeat("a", 16385), badToken("token is too long")),
			{name: "no token", request: at("/read"), want: noAuth("read")},
			{name: "two tokens", request: at("/read", "Bearer a", "Bearer b"), want: twoTokens},
			{name: "one more in the query", request: at("/read?access_token=b", "Bearer a"), want: twoTokens},
			{name: "another scheme", request: at("/read", "Basic YTpi"), want: noAuth("read")},
		}},
		{"X09", "what is a JWT by its first bytes is one, and what fails as that is not tried as anything else", []row{
			on("a good one", a.Good(), alice("/read")), on("an expired one", a.Token(a.Header(), a.Claims("exp", "1")), badToken("token is expired")),
			on("a forged one", a.Good()[:len(a.Good())-4]+"AAAA", badToken("token signature is not valid")),
			on("one of another issuer", a.Token(a.Header(), a.Claims("iss", `"https://other.example"`)), badToken("token issuer is not accepted")),
			on("one without a signature", a.Good()[:strings.LastIndexByte(a.Good(), '.')], mangled),
			on("one without an algorithm", a.Token(`{"alg":"none"}`, a.Claims()), badToken("token signature is not valid")),
		}},
	} {
		a.run(t, g)
	}
	asked(t, before, 0)
}

// A token reaches the authorization server as it was sent, in a form.
func tokensAreAskedAboutAsTheyAre(t *testing.T, frameworks []Framework) {
	a := newAsking(t, frameworks, testserver.New(t))
	for name, token := range map[string]string{
		"plus and slash": "a+b/c+d", "padding": "YWJj==", "dots": "a.b.c", "what no form leaves alone": "~._-+/~==", "16384 bytes": strings.Repeat("+", 16384),
	} {
		t.Run("I16/"+name, func(t *testing.T) {
			a.as.SetIntrospection(token, said())
			before := a.as.Mark()
			a.sends(t, at("/read", "Bearer "+token), alice("/read"))
			asked(t, before, len(a.lines))
		})
	}
}

// The modes other than the default ask about JWTs.
func jwtsThatAreAskedAboutAreAnsweredAlike(t *testing.T, frameworks []Framework) {
	for name, mode := range map[string]middleware.IntrospectionMode{"those that passed here": middleware.IntrospectJWTs, "all of them": middleware.IntrospectAll} {
		a := newAsking(t, frameworks, testserver.New(t), asksAbout(mode))
		good := func() request {
			return at("/read", "Bearer "+a.as.Token(testserver.Subject("alice"), testserver.Scope("read")))
		}
		t.Run("I01/JWTs, where one asks about "+name, func(t *testing.T) {
			before := a.as.Mark()
			a.sends(t, good(), alice("/read"))
			a.sends(t, at("/read", "Bearer "+a.opaque()), alice("/read"))
			a.sends(t, at("/read", "Bearer "+a.as.Token(testserver.Scope("read"), testserver.With(testserver.Revoked))), inactive)
			asked(t, before, 3*len(a.lines))
		})
		t.Run("I08/JWTs in an outage, where one asks about "+name, func(t *testing.T) {
			outage := a.as.Inject(testserver.EndpointIntrospect, testserver.Status(http.StatusServiceUnavailable))
			a.sends(t, good(), unavailable)
			outage.Remove()
		})
	}
}
