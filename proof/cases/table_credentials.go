package cases

import "strings"

// credentials returns rows that test the Authorization field.
func credentials(t tokens) []group {
	const route = "/read"
	good := t.Good()
	pass := func(name string, authorization ...string) row {
		return row{name: name, request: at(route, authorization...), want: alice(route)}
	}
	none := func(name string, authorization ...string) row {
		return row{name: name, request: at(route, authorization...), want: noAuth("read")}
	}
	bad := func(name string, authorization ...string) row {
		return row{name: name, request: at(route, authorization...), want: malformed}
	}
	two := func(name string, authorization ...string) row {
		return row{name: name, request: at(route, authorization...), want: twoTokens}
	}
	stopped := func(name, value string) row {
		return row{name: name, request: at(route, value), want: stoppedByServer}
	}
	only1 := func(r row) row { r.protocol = "HTTP/1.1"; return r }
	another := t.scoped("read write")
	quoted := func(route string) request { return at(route, `Bearer "`+good+`"`) }

	return []group{
		{"R01", "credentials of another scheme are not a token (RFC 6750 §3.1)", []row{
			none("an empty field", ""),
			none("Basic", "Basic dXNlcjpwdw=="),
			none("Digest", `Digest username="u", realm="api"`),
			none("DPoP", "DPoP "+good),
			none("an unknown scheme", "Hawk id=1"),
			none("a scheme that is the end of Bearer", "earer "+good),
			none("a token without a scheme", good),
			none("Bearer after another scheme", "Basic Bearer "+good),
			{name: "another scheme where tokens are optional", request: at("/optional", "Basic dXNlcjpwdw=="), want: anonymous("/optional")},
		}},
		{"R02", "if a request has two Authorization fields, a proxy and the API could read different ones (RFC 9110 §5.3)", []row{
			two("two Authorization lines, the same", "Bearer "+good, "Bearer "+good),
			two("two different Authorization lines", "Bearer "+good, "Bearer "+another),
			two("Bearer before Basic", "Bearer "+good, "Basic dXNlcjpwdw=="),
			two("Basic before Bearer", "Basic dXNlcjpwdw==", "Bearer "+good),
			two("Bearer and DPoP", "Bearer "+good, "DPoP "+good),
			two("Bearer and an empty line", "Bearer "+good, ""),
			two("two lines without a token", "Basic dXNlcjpwdw==", "Basic dXNlcjpwdw=="),
			{name: "lines in different case", request: at(route, "Bearer "+good).with("AUTHORIZATION", "Bearer "+good), want: twoTokens},
			{name: "two lines where tokens are optional", request: at("/optional", "Basic x", "Bearer "+good), want: twoTokens},
		}},
		{"R03", "a request must have only one token (RFC 6750 §2); a request with tokens in header and query is refused", []row{
			{name: "the same token in the query", request: at(route+"?access_token="+good, "Bearer "+good), want: twoTokens},
			{name: "another token in the query", request: at(route+"?a=b&access_token=x", "Bearer "+good), want: twoTokens},
			{name: "the parameter without a value", request: at(route+"?access_token", "Bearer "+good), want: twoTokens},
			{name: "an empty token in the query", request: at(route+"?access_token=", "Bearer "+good), want: twoTokens},
			{name: "the parameter's name escaped", request: at(route+"?%61ccess%5Ftoken=x", "Bearer "+good), want: twoTokens},
			{name: "where tokens are optional", request: at("/optional?access_token=x", "Bearer "+good), want: twoTokens},
			{name: "after a semicolon", request: at(route+"?a=1;access_token=x", "Bearer "+good), want: twoTokens},
			{name: "before a semicolon", request: at(route+"?access_token=x;", "Bearer "+good), want: twoTokens},
			{name: "between semicolons", request: at(route+"?;access_token;", "Bearer "+good), want: twoTokens},
			{name: "a value with a bad escape", request: at(route+"?access_token=%zz", "Bearer "+good), want: twoTokens},
			{name: "a bad escape elsewhere", request: at(route+"?q=%zz&%=%&access_token=x", "Bearer "+good), want: twoTokens},
			{name: "a bad escape after the name", request: at(route+"?access_token%zz=x", "Bearer "+good), want: twoTokens},
			{name: "a percent sign at the end of the name", request: at(route+"?access_token%=x", "Bearer "+good), want: twoTokens},
			{name: "a bad escape within the name", request: at(route+"?access%g0_token=x", "Bearer "+good), want: twoTokens},
			{name: "a percent sign within the name", request: at(route+"?access%_token=x", "Bearer "+good), want: twoTokens},
			{name: "every letter of the name escaped", request: at(route+"?%61%63%63%65%73%73%5f%74%6F%6b%65%6E", "Bearer "+good), want: twoTokens},
			{name: "behind ten thousand parameters", request: at(route+"?"+strings.Repeat("a&", 10_001)+"access_token=x", "Bearer "+good), want: twoTokens},
			{name: "before ten thousand parameters", request: at(route+"?access_token=x"+strings.Repeat("&", 10_001), "Bearer "+good), want: twoTokens},
			{name: "only a bad escape passes", request: at(route+"?q=a%zz", "Bearer "+good), want: alice(route)},
			{name: "names with bad escapes pass", request: at(route+"?%zz=1&%=2&a%=3&access%token=x&%access=1;%%%", "Bearer "+good), want: alice(route)},
			{name: "the name within a value passes", request: at(route+"?q=access_token&next=/a?access_token=x&r=%26access_token%3Dx&s=%3Baccess_token", "Bearer "+good), want: alice(route)},
			{name: "a longer and a shorter name pass", request: at(route+"?access_tokens=x&access_toke=x&my_access_token=x&access_token[]=x", "Bearer "+good), want: alice(route)},
			{name: "a name that is escaped twice passes", request: at(route+"?%2561ccess_token=x", "Bearer "+good), want: alice(route)},
			{name: "twenty thousand parameters pass", request: at(route+"?"+strings.Repeat("a;", 10_000), "Bearer "+good), want: alice(route)},
			{name: "a parameter of another name passes", request: at(route+"?ACCESS_TOKEN=x&token=y", "Bearer "+good), want: alice(route)},
			{name: "a form body is left to the handler", request: at(route, "Bearer "+good).with("Content-Type", "application/x-www-form-urlencoded").withBody("access_token=" + good), want: alice(route)},
		}},
		{"R04", "a token in the query is never used (RFC 9700 §4.3.2)", []row{
			{name: "a token only in the query", request: at(route + "?access_token=" + good), want: noAuth("read")},
			{name: "a token in the query where tokens are optional", request: at("/optional?access_token=" + good), want: anonymous("/optional")},
			{name: "a token only in a form body", request: at(route).with("Content-Type", "application/x-www-form-urlencoded").withBody("access_token=" + good), want: noAuth("read")},
		}},
		{"R06", "the scheme is case-insensitive (RFC 9110 §11.1)", []row{
			pass("lower case", "bearer "+good), pass("upper case", "BEARER "+good), pass("mixed case", "bEaReR "+good),
		}},
		{"R07", "the scheme without a token is malformed", []row{
			bad("nothing after the scheme", "Bearer"), bad("a space after the scheme", "Bearer "), bad("spaces after the scheme", "bearer   "),
			{name: "nothing after the scheme where tokens are optional", request: at("/optional", "Bearer"), want: malformed},
		}},
		{"R08", "the grammar is 1*SP", []row{pass("two spaces", "Bearer  "+good), pass("many spaces", "Bearer"+strings.Repeat(" ", 40)+good)}},
		{"R09", "only spaces separate scheme and token", []row{
			bad("a tab", "Bearer\t"+good), bad("a space and a tab", "Bearer \t"+good), bad("a tab and a space", "Bearer\t "+good),
			bad("a no-break space", "Bearer\u00a0"+good), bad("an em space", "Bearer\u2003"+good), bad("a no-break space of Latin-1", "Bearer\xa0"+good),
			bad("a colon", "Bearer:"+good), bad("an equals sign", "Bearer="+good), bad("a slash", "Bearer/"+good),
			none("no separator", "Bearer"+good), none("a hyphen", "Bearer-"+good),
			stopped("a vertical tab", "Bearer\v"+good),
		}},
		{"R10", "the token is one b64token (RFC 6750 §2.1)", []row{
			bad("two tokens and a space", "Bearer "+good+" "+another), bad("two credentials in one line", "Bearer "+good+", Bearer "+another),
			bad("two tokens and a comma", "Bearer "+good+","+another), bad("a comma after it", "Bearer "+good+","), bad("a comma before it", "Bearer ,"+good),
			{name: "quotes around it", request: quoted(route), want: malformed},
			{name: "quotes around it where tokens are optional", request: quoted("/optional"), want: malformed},
			bad("a parameter after it", "Bearer "+good+`, realm="api"`), bad("only padding", "Bearer =="), bad("padding inside", "Bearer a=b"),
			bad("the scheme twice", "Bearer "+"bearer "+good), bad("a percent sign", "Bearer %65yJ"), bad("a star", "Bearer *"),
		}},
		{"R11", "a b64token is ASCII; white space around a field is not part of it (RFC 9110 §5.5)", []row{
			bad("byte 0x80", "Bearer "+good+"\x80"), bad("byte 0xFF", "Bearer \xff"+good), bad("an accent", "Bearer é"),
			bad("a fullwidth letter", "Bearer \uff41"), bad("a zero-width space", "Bearer "+good+"\u200b"), none("a byte of Latin-1 before the scheme", "\xa0Bearer "+good),
			pass("spaces after it", "Bearer "+good+"  "), pass("a tab after it", "Bearer "+good+"\t"), pass("a space before the scheme", " Bearer "+good), pass("a tab before the scheme", "\tBearer "+good),
			only1(bad("a folded line within the token", "Bearer "+good[:40]+"\r\n "+good[40:])),
			only1(bad("a folded line with a second token", "Bearer "+good+"\r\n\t"+another)),
			only1(pass("a folded line after the scheme, which counts as a space", "Bearer\r\n "+good)),
		}},
		{"R12", "net/http refuses control bytes: with 400 on HTTP/1.1, with a stream reset on HTTP/2", []row{
			stopped("NUL", "Bearer "+good+"\x00"), stopped("BEL", "Bearer \a"+good), stopped("DEL", "Bearer "+good+"\x7f"), stopped("ESC", "\x1b[31mBearer "+good),
			stopped("CR", "Bearer "+good+"\r"+another), stopped("LF", "Bearer "+good+"\n"+another), stopped("backspace", "Bearer "+good+"\b"),
		}},
		{"R14", "tokens and header blocks have separate size limits", []row{
			{name: "16385 bytes", request: at(route, "Bearer "+strings.Repeat("a", 16385)), want: badToken("token is too long")},
			{name: "16384 bytes", request: at(route, "Bearer "+strings.Repeat("a", 16384)), want: badToken("token is not valid")},
			{name: "24 KiB", request: at(route, "Bearer "+strings.Repeat("a", 24<<10)), want: badToken("token is too long")},
			{name: "16385 bytes that are not a token", request: at(route, "Bearer "+strings.Repeat(",", 16385)), want: badToken("token is too long")},
			{name: "16384 bytes that are not a token", request: at(route, "Bearer "+strings.Repeat(",", 16384)), want: malformed},
			{name: "a good token of almost 16 KiB", request: at(route, "Bearer "+t.padded(16384)), want: alice(route)},
			{name: "a header block over the server's limit", request: at(route, "Bearer "+good).padded(headerLimit + 8<<10), want: tooLarge},
		}},
	}
}

// padded returns the longest valid token that it can make with at most limit
// bytes.
func (t tokens) padded(limit int) string {
	for pad := limit; ; pad-- {
		token := t.Token(t.Header(), t.Claims("pad", `"`+strings.Repeat("a", pad)+`"`))
		if len(token) <= limit {
			return token
		}
		pad -= max(0, (len(token)-limit)/2)
	}
}

// padded adds header fields of 4 KiB each, which have at least size bytes in
// total.
func (r request) padded(size int) request {
	const each = 4 << 10
	for ; size > 0; size -= each {
		r = r.with("X-Padding", strings.Repeat("a", each))
	}
	return r
}

// smuggled returns rows with a token in a place that the adapter must ignore,
// and rows with misleading header fields.
func smuggled(t tokens) []group {
	const route = "/read"
	good := "Bearer " + t.Good()
	ignored := func(name, fieldName, value string) row {
		return row{name: name, request: at(route).with(fieldName, value), want: noAuth("read")}
	}
	return []group{
		{"R13", "a token is read only from the field Authorization", []row{
			ignored("an underscore after", "Authorization_", good), ignored("an underscore before", "_Authorization", good),
			ignored("X-Authorization", "X-Authorization", good), ignored("Proxy-Authorization", "Proxy-Authorization", good),
			ignored("X-Forwarded-Authorization", "X-Forwarded-Authorization", good), ignored("X-Forwarded-Access-Token", "X-Forwarded-Access-Token", t.Good()),
			ignored("a cookie", "Cookie", "access_token="+t.Good()), ignored("WWW-Authenticate", "WWW-Authenticate", good),
			{name: "a trailer", request: at(route).withBody("x").withTrailer("Authorization", good), want: noAuth("read")},
			{name: "a trailer after a token in the header", request: at(route, good).withBody("x").withTrailer("Authorization", "Bearer x"), want: alice(route)},
		}},
		{"R16", "a requirement is bound to the route object, and no field of a request changes that", []row{
			ignored("X-Forwarded-Uri", "X-Forwarded-Uri", "/open"), ignored("X-Original-Url", "X-Original-Url", "/open"), ignored("X-Rewrite-Url", "X-Rewrite-Url", "/open"),
			ignored("X-Forwarded-Prefix", "X-Forwarded-Prefix", "/open"), ignored("X-Http-Method-Override", "X-Http-Method-Override", "OPTIONS"),
			ignored("X-Forwarded-For", "X-Forwarded-For", "127.0.0.1"), ignored("a health probe's name", "User-Agent", "kube-probe/1.30"),
			ignored("a preflight's field", "Access-Control-Request-Method", "GET"), ignored("a cross-origin request", "Origin", "https://api.example.com"),
			{name: "a query that names another path", request: at(route + "?path=/open"), want: noAuth("read")},
		}},
	}
}
