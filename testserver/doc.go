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
// takes the socket away, for testing/synctest. It listens on loopback only, at
// [Addr] if that is given, unless [AllowRemote] allows more. [Server.Client]
// reaches it in each case.
//
// It answers, and counts ([Server.Count]):
//
//	/.well-known/openid-configuration         OpenID Connect Discovery 1.0 §4
//	/.well-known/oauth-authorization-server   RFC 8414 §3
//	/jwks                                     RFC 7517 §5
//	/authorize /token                         RFC 6749, RFC 7636, RFC 8707, RFC 9207, RFC 9396, OpenID Connect Core 1.0
//	/par                                      RFC 9126
//	/introspect                               RFC 7662 §2, RFC 9701
//	/revoke                                   RFC 7009
//	/userinfo                                 OpenID Connect Core 1.0 §5.3
//	/device_authorization /device             RFC 8628
//	/register                                 RFC 7591, RFC 7592, with Registration
//	/end_session                              OpenID Connect RP-Initiated Logout 1.0
//	/login /consent /debug                    pages, if the server is Interactive
//
// all under the issuer's path if [IssuerURL] gives it one; the well-known parts
// answer after that path and before it, since clients look in both places. The
// issuer is fixed when the server is made. Host and X-Forwarded-* change
// nothing in what is issued. On loopback sockets of its own the server answers 421
// to any Host but loopback addresses, localhost and the issuer's host (see [New]).
// The documents name what the server does and no more, unless
// [Metadata] makes them. [Disable] takes endpoints away. [ConfigJSON] takes
// options from a file.
//
// # Tokens
//
// [Server.Token] returns an RFC 9068 access token that is valid unless told
// otherwise: subject test-user, client test-client, audience api, five minutes,
// no scope. Options say otherwise, one after the other, so that the later one
// wins. Those that are also an [Option] ([Scope], [Audience], [AccessTTL],
// [SigningAlg], [OpaqueTokens]) may be given to [New], as the default of every
// token. [Claim], [Without], [JOSEHeader] and [SignedWith] make tokens that no
// authorization server should issue. [Claim] and [Without] also take JSON
// Pointers, for claims within claims such as /realm_access/roles.
//
// # Grants
//
// A client of any language gets its tokens as from a real server, which is strict
// about the protocol and easy about everything else:
//
//	as := testserver.New(t)
//	web := as.AddClient(testserver.Client{RedirectURIs: []string{app.URL + "/callback"}})
//	…
//	callback := as.Login(t, authURL) // what a browser would do
//	resp, err := app.Client().Get(callback.String())
//
// There are the grants [AuthorizationCode], [ClientCredentials], [RefreshToken],
// [DeviceCode] and two more, below. PKCE is S256, and public clients need it. A code is good for a
// minute and once; one that comes again ends what it was good for. Refresh tokens
// rotate, and one that comes again ends its family, unless [RotateRefresh] forgives
// it. Redirect URIs are compared byte for byte, but for the port of loopback.
// A client may push its request first ([PAR]), and may register itself if
// [Registration] allows it. A parameter that is there twice is an error. ID tokens come with the scope
// openid, after a refresh as well. [Server.OnToken] sees and changes each answer,
// [Server.Events] tells what became of the tokens.
//
// Two grants make tokens about somebody who is not asked, so that a client has them
// only if its Grants say so. By [TokenExchange] (RFC 8693) it gets another access
// token for the one that it was sent: of the same subject, for no more scope,
// details and audience, and for no longer. The audience may also be one that the
// client has been registered with ([Audience] given to [Server.AddClient]), which
// is how a token for one API becomes one for the next. With an actor token, act
// says who acts, and who did before; may_act says who may. What is revoked, itself
// or with its grant, takes along what it was exchanged for. Tokens of others,
// ID tokens, refresh tokens and those that are bound to a key are not taken. By
// [JWTBearer] (RFC 7523 §2.1) a client gets a token for itself or one of [Users] by
// an assertion that a key of its JWKS has signed: iss is the client, sub the
// subject's Sub, aud the issuer or the token endpoint and nobody else, exp within
// an hour. It is good once, needs no other proof of the client, and may say a scope.
//
// Every grant takes resource, once or more often (RFC 8707), and
// authorization_details of the types that [AuthorizationDetailTypes] allows.
//
// Nobody sees a page unless [Interactive] asks for it: the first of [Users] logs in
// and agrees to everything. [Server.NextUser] and [Server.DenyNext] decide otherwise,
// and so do the options of [Server.Login], which fills in the pages where there are
// some.
//
// Every server has the clients test-client, with the secret test-secret, and
// test-public, and the user test-user: see [Clients] and [Users]. Access tokens of
// the token endpoint are good for fifteen minutes, refresh tokens for 30 days. The
// server remembers the last 100 000 grants, and keeps secrets, codes and tokens as
// their SHA-256 alone. It forgets everything with its process, unless [Persist] keeps
// the state in a file: then tokens, keys and clients outlive a restart and a crash.
//
// # Opaque tokens
//
// With [OpaqueTokens], for a server or for one token, a token is a handle that
// says nothing: an API asks the server about it, at [Introspect], with the
// credentials of a registered client ([Server.DefaultClient], [Clients]). The
// server tells JWTs of its own as well. [Server.Revoke] ends a token of either
// kind, and [Server.SetIntrospection] puts any answer in the place of the right
// one.
//
// # Bad tokens
//
// A [Defect] is one way in which a token can be wrong; [With] makes a token that
// is wrong in this way and good in every other. Package apitest sends all of them
// to an API, and requests that are wrong themselves, and judges its answers. For
// tests of one's own, [Server.BadTokens] yields the tokens and [Defect.Expect] the
// answers.
//
// # Keys
//
// Tokens are signed with ES256 and a key of the server's own, or under
// [SigningAlg] with any other algorithm of RFC 7518 §3.1 but none, or Ed25519.
// [Server.Rotate], [Server.Publish] and [Server.Retire] change keys in the ways
// that a verifier's cache must survive; [Server.FreezeJWKS] keeps the changes from
// its eyes, as a cache on the way does. The key set has an ETag, and is not sent
// again to a client that names it in If-None-Match.
//
// The first two RSA keys of every server are the same two, published with this
// source, because making one takes longer than most tests; their IDs begin with
// "test-". Two servers that sign with RSA are therefore one signer: use another
// algorithm to test that issuers are kept apart, or [SignedWith] a key of
// [GenerateKey]. No token of this server may ever be worth anything.
//
// # Time and chance
//
// The server's time is [time.Now], in a synctest bubble that bubble's, or a
// [Clock] of yours; [Server.Advance] moves it. [Seed] makes keys, token
// identifiers and signatures repeatable, but for the salted PS256, PS384 and
// PS512.
//
//	synctest.Test(t, func(t *testing.T) {
//		as := testserver.New(t, testserver.InMemory()) // inside the bubble, always
//		…
//		time.Sleep(16 * time.Minute)
//		if got := as.Count(testserver.EndpointJWKS); got != 2 { … }
//	})
//
// # Faults and records
//
// [Server.Inject] makes an endpoint fail, for all requests or for some of them
// ([Times], [Skip], [Matching], [FromClient]):
//
//	Status RetryAfter RedirectTo                    another answer
//	Latency Hang DropConnection TruncateBody        late, never, lost, broken off
//	MalformedJSON ContentType Body HugeBody         an answer that must not be believed
//	EmptyJWKS WrongMetadataIssuer                   JSON that says the wrong thing
//	Handler                                         everything else
//
// [Server.Count] and [Mark] tell how often somebody asked, [Server.Requests] what
// was asked, and [Server.Await] waits for it. Parallel tests may share a server:
// each asks by a [Server.ClientFor] of its own. All of this works in a synctest
// bubble, where waiting costs nothing, and over sockets. No request to the server
// makes or removes a fault, the debug page included: whoever does needs Go, the
// file of [ConfigJSON], or the token of [Server.Control].
//
// # Other languages
//
// A test that is not in Go starts the command bearerguard serve, and does all of
// this over HTTP, by a control API: [Server.Control].
//
// # Mistakes of a test
//
// What cannot be set up, all of it together, ends the test; so does a token
// option or a fault that makes no sense. Servers of [Start] and [NewUnstarted]
// return the former as an error and panic with the latter. No token, secret or
// private key is ever logged or recorded; a [Key] and a [Client] print as their
// names.
//
// # What needs no option
//
// An endpoint has another URL for some clients, as when browsers and containers
// call one host by two names: [Metadata] writes it into the documents. Something
// stands before the server, such as CORS or a log: [Server.Inject] puts a
// [Handler] before [Any] endpoint, and [NewUnstarted] is a handler to wrap. The
// next answer of the token endpoint is to be another one: [Server.OnToken] changes
// it, once if its function says so. There is an example of each.
//
// # Not done
//
// There is no implicit grant and none by password, and no request object.
// Assertions are those of clients, and not of other issuers. jwks_uri and other
// URLs of clients are never fetched. Every
// confidential client may introspect every access token, and refresh tokens are
// never active there. ID tokens under an HS algorithm are signed with the server's
// secret and not the client's. Encrypted tokens (RFC 7516) are not planned.
package testserver
