// Package testserver is an OAuth 2.0 authorization server for tests: strict
// about the protocol, one line to start.
//
//	as := testserver.New(t)
//	v, err := middleware.NewVerifier(middleware.Config{
//		Audience: "api",
//		Issuers:  []middleware.Issuer{{URL: as.Issuer()}},
//		Client:   as.Client(),
//	})
//	…
//	rec := httptest.NewRecorder()
//	api.ServeHTTP(rec, as.Authorize(req, testserver.Scope("orders:read")))
//
// It shares no code with what verifies its tokens. An API in any language can
// be tested against it, and one mistake cannot be made on both sides and go
// unnoticed.
//
// # The server
//
// [New] starts a server for one test, [Start] one for a TestMain or a program,
// [NewUnstarted] makes an http.Handler to mount. Without options it speaks
// plain HTTP on a free port of 127.0.0.1. [TLS] adds HTTPS with HTTP/2.
// [InMemory] replaces the socket, for testing/synctest. The server listens on
// loopback only, unless [AllowRemote] is given. [Server.Client] reaches it in
// each case.
//
// It serves [Endpoints] and counts the requests to each, all under the issuer's
// path if [IssuerURL] has one. The issuer is fixed when the server is made:
// Host and X-Forwarded-* do not change what is issued. Discovery lists only
// what the server supports, unless [Metadata] changes it.
//
// # Tokens
//
// [Server.Token] returns an RFC 9068 access token that is valid unless options
// change that. Options apply in order: the last one wins. Those that are also
// an [Option] ([Scope], [Audience], [AccessTTL], [SigningAlg], [OpaqueTokens])
// can be given to [New], as the default for every token. [Claim], [Without],
// [JOSEHeader] and [SignedWith] make tokens that no authorization server should
// issue.
//
// With [OpaqueTokens] a token is a random handle. An API introspects it at
// [EndpointIntrospect], with the credentials of a registered client
// ([Server.DefaultClient]). [Server.Revoke] revokes a token of either kind.
//
// A [Defect] is one way in which a token can be wrong; [With] makes a token
// that has this defect and is otherwise good. Package apitest sends all of them
// to an API and checks its responses.
//
// # Grants
//
// A client in any language gets its tokens as from a real server: by
// authorization code with PKCE, client credentials, refresh token, device flow,
// [TokenExchange] and [JWTBearer].
//
//	web := as.AddClient(testserver.Client{RedirectURIs: []string{app.URL + "/callback"}})
//	…
//	callback := as.Login(t, authURL) // what a browser would do
//	resp, err := app.Client().Get(callback.String())
//
// A code is valid for one minute and for one use; a second use revokes the
// tokens that it was exchanged for. Refresh tokens rotate, and reuse revokes
// the whole family. PKCE must be S256, and public clients need it. The last two
// grants issue tokens about a user who has not logged in, so a client may use
// them only if its Grants list them.
//
// No page is shown unless [Interactive] is set: the first of [Users] logs in
// and consents to everything. [Server.NextUser] and [Server.DenyNext] change
// that.
//
// Every server has the clients test-client, with the secret test-secret, and
// test-public, and the user test-user. Access tokens of the token endpoint are
// valid for fifteen minutes. The server stores secrets, codes and tokens only
// as their SHA-256, and only the last 100 000 grants. All state is lost when
// the process exits, unless [Persist] saves it to a file.
//
// # Keys, time and randomness
//
// Tokens are signed with ES256 and a key of this server, or with the [Alg] of
// [SigningAlg]. Keys for ES256 and RS256 are published from the start, unless
// the server has keys from its configuration, shares a secret or is [Like] a
// provider. See [ClientAlgs].
//
// [Server.Rotate], [Server.Publish] and [Server.Retire] change keys in the ways
// that a verifier's cache must survive; [Server.FreezeJWKS] imitates a cache in
// between that serves an old key set.
//
// The first two RSA keys of every server are the same two, published with this
// source, because generating one takes longer than most tests; their IDs begin
// with "test-". A server with keys from its configuration does not use them.
// Two servers that sign with RSA therefore share their keys. To test that
// issuers are kept apart, use another algorithm, or [SignedWith] with a key
// from [GenerateKey]. Never trust a token of this server in production.
//
// The server's time is [time.Now], which in a synctest bubble is the bubble's,
// or that of [Clock]; [Server.Advance] moves it. [Seed] makes keys, token
// identifiers and signatures reproducible, except for PS256, PS384 and PS512,
// which are salted.
//
// # Faults and records
//
// [Server.Inject] makes an endpoint fail, for all requests or for some of them
// ([Times], [Skip], [Matching], [FromClient]). [Server.Count] and [Mark] count
// requests, [Server.Requests] lists them, and [Server.Await] waits for them.
// Parallel tests can share a server: each uses its own [Server.ClientFor]. A
// test that is not in Go does all of this over HTTP, through [Server.Control],
// which the command bearerguard serves.
//
// Invalid options end the test, with one message that lists them all; so does
// an invalid token option or fault. [Start] and [NewUnstarted] return the
// former as an error, and their servers panic on the latter. No token, secret
// or private key is ever logged or recorded; a [Key] and a [Client] print only
// their names.
package testserver
