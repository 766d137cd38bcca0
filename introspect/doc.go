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
// for at most five seconds. A revoked token is accepted until its cached answer
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
// seconds at a time. After each back-off, it lets one query through for tokens
// that were active before, and one for other tokens. If such a query shows that
// the server is still down, the next back-off begins. If its token may be the
// cause of its failure, the client lets two such queries through, then four,
// until a query is answered. With HTTP/1.1, each query in flight has its own
// connection.
//
// A failure for one token does not prove an outage: many servers, and firewalls
// in front of them, refuse unknown tokens in ways that look like an outage.
// Only some failures therefore count as evidence. The client backs off after
// five such failures without a valid answer in between. A failure counts if no
// TCP connection could be made, or if the metadata or the API's own token is
// unavailable. If the token had been active before, other failures count too,
// such as a timeout, a broken connection, refused credentials, or a status of
// 429 or above 500. Other statuses and unacceptable answers do not count,
// because the token may be the cause. A token that had been active counts once:
// further such failures do not count until the token is active again. When five
// queries for other tokens have failed in these ways, the client queries up to
// five recently active tokens, and backs off if a failure counts for each of
// them. Until a client has seen an active token, it counts only failures of the
// first kind and, before its first valid answer or back-off, refused
// credentials.
//
// If the server refuses the API's own credentials, the error is
// [ErrCredentials], which is logged at level Error. All other failures of a
// query or of the Cache are logged at level Warn. Calls that fail at once,
// because of the limit or a back-off, are not logged. A failure of the server
// is logged only when it changes. Failures that a token may have caused,
// including refused credentials, are logged at most once a minute.
//
// Logs and errors contain no token, secret or claim, and no part of an answer.
package introspect
