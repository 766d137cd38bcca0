// Package control is a client of the control API of a mock authorization
// server, one that serve, exec or package testserver has started.
//
// A [Client] has the URL and the token of the API. There is a function for each
// operation of the API. It returns an [Operation], or a [TypedOperation] if the
// answer is parsed. Do sends it:
//
//	client, err := control.New("http://127.0.0.1:9001", token)
//	keys, text, err := control.ListKeys().Do(ctx, client)
//
// Do also returns the text of the answer, because a server may send members
// that this program does not know. An operation that fails returns an [*Error].
//
// Not in this package: flags, environment variables, files, printing and exit
// codes. The wire types are in internal/control at the root of the module.
package control
