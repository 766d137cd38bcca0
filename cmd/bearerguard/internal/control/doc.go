// Package control is a client of the control API of a mock authorization server,
// one that serve, exec or package testserver has started.
//
// A [Client] knows where the API is and the token that it asks for. There is a
// function for each operation of the API. It returns an [Operation], or a
// [TypedOperation] if the answer is read, and Do sends that:
//
//	client, err := control.New("http://127.0.0.1:9001", token)
//	keys, text, err := control.ListKeys().Do(ctx, client)
//
// Do also returns the text of the answer, because a server may send members that
// this program does not know. An operation that fails returns an [*Error].
//
// What may not be in it: flags, environment variables, files, printing and exit
// codes. The wire types are those of internal/control at the root of the module.
package control
