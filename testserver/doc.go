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
// It knows nothing of the code that verifies its tokens, ours or another's: an
// API in any language can be tested against it, and a mistake cannot hide by
// being made on both sides.
//
// # The server
//
// [New] starts a server for one test, [Start] one for a TestMain or a program,
// [NewUnstarted] makes an http.Handler to mount. Without options it speaks plain
// HTTP on a free port of 127.0.0.1; [TLS] adds HTTPS with HTTP/2, and [InMemory]
// takes the socket away, for testing/synctest. It listens on loopback only, unless
// [AllowRemote] allows more. [Server.Client] reaches it in each case.
//
// [Endpoints] are what it answers and counts, all under the issuer's path if
// [IssuerURL] gives it one. The issuer is fixed when the server is made: Host and
// X-Forwarded-* change nothing in what is issued. Discovery names what the server
// does and nothing else, unless [Metadata] makes it.
//
// # Tokens
//
// [Server.Token] returns an RFC 9068 access token that is valid unless options say
// otherwise. They apply in order, so that the later one wins. Those that are also
// an [Option] ([Scope], [Audience], [AccessTTL], [SigningAlg], [OpaqueTokens]) may
// be given to [New], as the default of every token. [Claim], [Without], [JOSEHeader]
// and [SignedWith] make tokens that no authorization server should issue.
//
// With [OpaqueTokens] a token is a handle that says nothing: an API asks the server
// about it, at [EndpointIntrospect], with the credentials of a registered client
// ([Server.DefaultClient]). [Server.Revoke] ends a token of either kind.
//
// A [Defect] is one way in which a token can be wrong; [With] makes a token that is
// wrong in this way and good in every other. Package apitest sends all of them to an
// API and judges its answers.
//
// # Grants
//
// A client of any language gets its tokens as from a real server: by authorization
// code with PKCE, client credentials, refresh tokens, the device flow,
// [TokenExchange] and [JWTBearer].
//
//	web := as.AddClient(testserver.Client{RedirectURIs: []string{app.URL + "/callback"}})
//	…
//	callback := as.Login(t, authURL) // what a browser would do
//	resp, err := app.Client().Get(callback.String())
//
// A code is good for a minute and once; one that comes again ends what it was good
// for. Refresh tokens rotate, and one that comes again ends its family. PKCE is S256,
// and public clients need it. The last two grants make tokens about somebody who is
// not asked, so that a client has them only if its Grants say so.
//
// Nobody sees a page unless [Interactive] asks for it: the first of [Users] logs in
// and agrees to everything. [Server.NextUser] and [Server.DenyNext] decide otherwise.
//
// Every server has the clients test-client, with the secret test-secret, and
// test-public, and the user test-user. Access tokens of the token endpoint are good
// for fifteen minutes. The server keeps secrets, codes and tokens as their SHA-256
// only, and the last 100 000 grants. It forgets everything with its process, unless
// [Persist] keeps the state in a file.
//
// # Keys, time and chance
//
// Tokens are signed with ES256 and a key of the server's own, or under [SigningAlg]
// with any other [Alg]. Keys for ES256 and RS256 are published from the start, unless
// the server has keys from its configuration, shares a secret or is [Like] a
// provider. See [ClientAlgs].
//
// [Server.Rotate], [Server.Publish] and [Server.Retire] change keys in the ways that
// a verifier's cache must survive; [Server.FreezeJWKS] is a cache on the way that
// shows old ones.
//
// The first two RSA keys of a server are the same two, published with this source,
// because making one takes longer than most tests; their IDs begin with "test-". A
// server with keys from its configuration has none of them. Two servers that sign
// with RSA are therefore one signer: use another algorithm to test that issuers are
// kept apart, or [SignedWith] a key of [GenerateKey]. No token of this server may ever
// be worth anything.
//
// The server's time is [time.Now], in a synctest bubble that bubble's, or a
// [Clock] of yours; [Server.Advance] moves it. [Seed] makes keys, token
// identifiers and signatures repeatable, except the salted PS256, PS384 and PS512.
//
// # Faults and records
//
// [Server.Inject] makes an endpoint fail, for all requests or for some of them
// ([Times], [Skip], [Matching], [FromClient]). [Server.Count] and [Mark] report how
// often a client asked, [Server.Requests] what was asked, and [Server.Await] waits
// for it. Parallel tests may share a server: each asks by a [Server.ClientFor] of
// its own. A test that is not in Go does all of this over HTTP, by
// [Server.Control], which the command bearerguard serves.
//
// What cannot be set up, all of it together, ends the test; so does a token
// option or a fault that makes no sense. Servers of [Start] and [NewUnstarted]
// return the former as an error and panic with the latter. No token, secret or
// private key is ever logged or recorded; a [Key] and a [Client] print as their
// names.
package testserver
