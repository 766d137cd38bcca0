// Package introspect queries an authorization server about opaque tokens (OAuth
// 2.0 Token Introspection, RFC 7662), and about JWTs that may have been
// revoked.
//
//	client, err := introspect.New(introspect.Config{
//		Issuer: "https://login.example.com",
//		Auth:   introspect.Basic("orders-api", secret),
//	})
//
// Set the client in an issuer of package middleware. The verifier then accepts
// opaque tokens and JWTs under one policy. On every request, it checks the
// claims of an answer like the claims of a JWT, even if the answer is cached.
//
// # Answers
//
// An answer is one strict JSON object in which "active" is true or false. If
// Config.Keys is set, the answer must be signed (RFC 9701). Any other answer,
// and every status except 200, is an error: the state of the token is unknown.
// No option makes the client accept a token in this state.
//
// # Other servers
//
// Some servers issue opaque tokens but describe them in a proprietary way.
// [GitHub] and [Google] query the APIs of these providers, [ALB] verifies user
// claims from an AWS load balancer, [Custom] calls a function, and
// [InsecureUserInfo] queries a userinfo endpoint. All these clients return
// claims as introspection does, and the following sections apply to them too.
//
// # Caching
//
// Active answers are cached for Config.MaxTTL from the time of the query, but
// not beyond the expiry of the token. Inactive answers are cached separately
// for five seconds. A revoked token is accepted until its cached answer
// expires. Each cache key is the SHA-256 of the server, the client and the
// token.
//
// # Load and outages
//
// Concurrent requests with the same token share one call, which continues even
// if a caller is canceled. A call takes two seconds at most, and at most 256
// calls are in flight at a time. Tokens that were never active may use half of
// these calls, because anyone can make up such tokens. Calls beyond the limit
// fail at once. Connections are reused.
//
// While a server is down, the client backs off: it makes no calls for two
// seconds at a time. After each back-off, it lets one query through, then two,
// then four, until a query is answered. Each query in flight has its own
// connection.
//
// A failure for one token does not prove an outage: many servers, and firewalls
// in front of them, refuse unknown tokens in ways that look like an outage.
// Only some failures therefore count as evidence. The client backs off after
// five such failures without a valid answer in between. A failure counts if the
// connection could not be made, or if the token had been active before. A token
// that had been active counts once: further failures for this token do not
// count until it is active again. When queries for other tokens fail, the
// client queries the five most recently active tokens, and backs off if all
// these queries fail too. Until a client has seen an active token, it counts
// only failed connections and, once, refused credentials.
//
// If the server refuses the API's own credentials, the error is
// [ErrCredentials], which is logged at level Error. All other failures are
// logged at level Warn. A failure of the server is logged only when it changes.
// Failures that a token may have caused, including refused credentials, are
// logged at most once a minute.
//
// Logs and errors contain no token, secret or claim, and no part of an answer.
package introspect
