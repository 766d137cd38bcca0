// Package testserver is an OAuth 2.0 authorization server for tests. It is
// strict about the protocol and starts with one line of code.
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
// The server and the verifier of its tokens do not share code. If they did,
// both could make the same mistake, and tests would not find it. The server can
// test an API in any language.
//
// # The server
//
// [New] starts a server for one test, [Start] starts a server for a TestMain or
// a program, and [NewUnstarted] makes an http.Handler to mount. Without
// options, the server uses plain HTTP on a free port of 127.0.0.1. [TLS] adds
// HTTPS with HTTP/2. [InMemory] replaces the socket, for testing/synctest. The
// server listens only on loopback, unless [AllowRemote] is given. The client
// from [Server.Client] reaches the server in each of these cases.
//
// The server serves [Endpoints], under the path of the issuer if [IssuerURL]
// sets a path, and counts the requests to each endpoint. The issuer is fixed
// when the server is made: the headers Host and X-Forwarded-* do not change it.
// Discovery lists only what the server supports, unless [Metadata] changes it.
//
// # Tokens
//
// [Server.Token] returns an RFC 9068 access token that is valid unless options
// make it invalid. Options apply in order, and the last one takes precedence.
// Token options that are also an [Option] ([Scope], [Audience], [AccessTTL],
// [SigningAlg], [OpaqueTokens]) can be given to [New] as the default for every
// token. [Claim], [Without], [JOSEHeader] and [SignedWith] make tokens that no
// authorization server should issue.
//
// With [OpaqueTokens], a token is a random string. An API introspects it at
// [EndpointIntrospect], with the credentials of a registered client
// ([Server.DefaultClient]). [Server.Revoke] revokes JWTs and opaque tokens.
//
// A [Defect] is one way in which a token can be wrong. [With] makes a token
// that has this defect and is otherwise good. Package apitest sends a token
// with each of [Defects] to an API and checks the responses.
//
// [BoundTo] binds a token to the key of a client (DPoP, RFC 9449), and [Proof]
// makes the proofs of this client, good or with one of [ProofDefects]. The
// token endpoint issues bound tokens if the request has a proof. [DPoPNonces]
// makes the server require nonces in proofs.
//
// [BoundToCertificate] binds a token to the TLS certificate of a client (RFC
// 8705), such as one from [ClientCertificate]. [CertificateDefects] are ways in
// which such a binding can be wrong. With [TLS], clients can also authenticate
// with their certificates and get bound tokens: see [ClientTLS] and
// [Server.MTLSEndpoint].
//
// [Server.Logout] sends a logout token (OpenID Connect Back-Channel Logout 1.0)
// to a receiver, and [Server.Transmit] sends a security event token (RFC 8417,
// RFC 8935). The token is good, or has one of [LogoutDefects] or
// [EventDefects]. Both methods return the response of the receiver.
//
// # Grants
//
// A client in any language gets its tokens as it would from a real server: by
// authorization code with PKCE, client credentials, refresh token, device flow,
// [TokenExchange] and [JWTBearer].
//
//	web := as.AddClient(testserver.Client{RedirectURIs: []string{app.URL + "/callback"}})
//	…
//	callback := as.Login(t, authURL) // what a browser would do
//	resp, err := app.Client().Get(callback.String())
//
// An authorization code is valid for one minute and for one use. A second use
// revokes the tokens that were issued for the code. Refresh tokens rotate: each
// use returns a new one, and reuse of an old one revokes all tokens of the
// grant. The PKCE method must be S256, and public clients must use PKCE.
// [TokenExchange] and [JWTBearer] issue tokens for a user who has not logged
// in, so a client may use these grants only if its field Grants lists them.
//
// Without [Interactive], no page is shown: the first of [Users] logs in and
// consents to everything. [Server.NextUser] selects the user of the next
// authorization, and [Server.DenyNext] makes the next authorization fail.
//
// Every server has the clients test-client, with the secret test-secret, and
// test-public. Without [Users], it also has the user test-user. Access tokens
// from the token endpoint are valid for fifteen minutes. The server stores
// secrets, codes and tokens only as SHA-256 hashes, and it stores only the last
// 100 000 grants. All state is lost when the process exits, unless [Persist]
// saves it to a file.
//
// # Keys, time and randomness
//
// Tokens are signed with a key of this server. The algorithm is ES256, or the
// [Alg] that [SigningAlg] sets. Keys for ES256 and RS256 are published from the
// start. This does not apply to a server that has keys from its configuration,
// signs with a shared secret or is [Like] a provider. [ClientAlgs] sets the
// algorithms for one client.
//
// [Server.Rotate], [Server.Publish] and [Server.Retire] change keys. A verifier
// that caches keys must handle these changes. [Server.FreezeJWKS] imitates a
// cache that stands between server and verifier and serves an old key set.
//
// The first two RSA keys are the same on every server, because generating an
// RSA key takes longer than most tests. Their private keys are in the public
// source code. Two servers that sign with RSA therefore share their keys,
// unless the keys are from the configuration. The IDs of the shared keys have
// the prefix "test-". To test that a verifier does not accept the key of one
// issuer for another issuer, use an algorithm without RSA, or [SignedWith] with
// a key from [GenerateKey]. Never trust a token of this server in production.
//
// The server uses the time of [Clock]. Without this option, it uses [time.Now],
// which in a synctest bubble returns the bubble's time. [Server.Advance] moves
// the server's time. [Seed] makes keys, token identifiers and signatures
// reproducible. Signatures with PS256, PS384 and PS512 still differ, because
// they are salted.
//
// # Faults and records
//
// [Server.Inject] makes an endpoint fail, for all requests or for some of them
// ([Times], [Skip], [Matching], [FromClient]). [Server.Count] and [Mark] count
// requests, [Server.Requests] lists them, and [Server.Await] waits for them.
// Parallel tests can share a server if each test uses its own client from
// [Server.ClientFor]. A test in another language can do all of this over HTTP,
// through [Server.Control], which the command bearerguard serves.
//
// Invalid options make [New] end the test with one message that lists them all.
// [Start] and [NewUnstarted] return an error that lists them all. Later, an
// invalid token option or fault ends the test if the server is from [New]. It
// causes a panic if the server is from Start or NewUnstarted. Tokens, secrets
// and private keys are never logged or recorded. A [Key] or a [Client] that is
// printed shows only its name.
package testserver
