// Package control is what the control API of a test authorization server and its
// clients say to each other: the bodies of requests and answers, as JSON.
//
//	GET POST        /v1/tokens              list fingerprints, mint
//	POST            /v1/tokens/inspect      what the server makes of a token
//	POST            /v1/tokens/revoke       one token, or all of a subject
//	GET POST        /v1/bad-tokens          one for each way to be wrong
//	GET             /v1/keys
//	POST            /v1/keys/rotate
//	POST            /v1/keys/import
//	POST            /v1/keys/publish        a key that signs already
//	POST            /v1/keys/retire
//	POST            /v1/keys/export         as a key set
//	POST            /v1/keys/freeze         the key set shows what it shows now
//	POST            /v1/keys/thaw
//	GET POST DELETE /v1/faults
//	DELETE          /v1/faults/{id}
//	GET             /v1/requests            ?endpoint=token, may repeat
//	GET             /v1/requests/count      ?endpoint=token
//	GET             /v1/requests/wait       ?endpoint=token&n=2&timeout=5s
//	GET PUT POST    /v1/clock               read, set, advance
//	GET POST        /v1/clients
//	GET DELETE      /v1/clients/{id}
//	GET POST        /v1/users
//	DELETE          /v1/users/{sub}
//	POST            /v1/logins/next         who logs in, or why nobody can
//	POST            /v1/check               an API, with every bad token
//	POST            /v1/reset
//	GET             /v1/snapshot
//	GET             /v1/events
//
// Requests are read strictly: a member that is misspelt and ignored is a test that
// checks nothing. Answers may grow members.
package control
