// Package introspect asks an authorization server about opaque tokens (OAuth
// 2.0 Token Introspection, RFC 7662), and about JWTs that could have been revoked.
//
//	client, err := introspect.New(introspect.Config{
//		Issuer: "https://login.example.com",
//		Auth:   introspect.Basic("orders-api", secret),
//	})
//
// Give the client to an issuer of package middleware, whose verifier then
// accepts both kinds of token under one policy: the claims of an answer pass the
// checks of a JWT's, on every request, those from the cache included.
//
// # Answers
//
// An answer is one strict JSON object in which "active" is true or false and
// nothing else. With Config.Keys it must be signed (RFC 9701). All that is not
// understood, and every status but 200, means that nothing is known of the
// token: an error, never a verdict. There is no way to fail open.
//
// # Other servers
//
// Some servers issue opaque tokens and describe them in a way of their own.
// [GitHub] and [Google] ask these, [ALB] verifies what a load balancer of AWS
// says of a user, [Custom] calls a function, and [InsecureUserInfo] asks a
// userinfo endpoint. They return claims as introspection does, and all that
// follows applies to them too.
//
// # Caching
//
// Active answers are kept for Config.MaxTTL from the moment of the question, or
// until the token expires; inactive ones for five seconds, in a place of their
// own. A token that is revoked passes until its answer ends. The keys are the
// SHA-256 of who was asked, who asked, and the token.
//
// # Care for the server
//
// Any number of requests with one token cost one call, which goes on when their
// callers leave. A call takes two seconds at most, and 256 may be in flight, of
// which tokens that were never active may take half: anybody can invent those.
// What is beyond fails at once. Requests reuse connections.
//
// A server that is down is left alone for two seconds at a time, until a call
// finds it back. What it does to one token is no evidence of that: many servers,
// and firewalls before them, refuse tokens that they do not know in ways that look
// like an outage. Five failures without an answer in between count, if the
// connection could not be made or the tokens had been active before. Each token
// counts once until it is active again. When other tokens fail, the client asks
// about the last five that were active, and leaves the server alone if all of these
// fail. A client that has not seen an active token yet counts only connections
// that could not be made and, once, refused credentials. After two seconds it lets
// one question through, then two, then four, until one is answered. Each question
// has its own connection.
//
// A server that refuses the API's own credentials is [ErrCredentials], logged
// at level Error. Every other trouble is a warning. Trouble with the server is
// logged once per change; what may lie in a token, and an alarm about credentials
// that it may have caused, once a minute at most.
//
// No token, secret, claim or byte of an answer reaches a log or an error.
package introspect
