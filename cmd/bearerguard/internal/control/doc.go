// Package control is a client of the control API of a mock authorization
// server. Such a server is started by the command serve, exec or check-api, or
// by package testserver.
//
// A [Client] has the URL and the token of the API. For each operation that the
// commands use, there is a function that returns an [Operation], or a
// [TypedOperation] if the answer is parsed. The method Do sends the operation:
//
//	client, err := control.New("http://127.0.0.1:9001", token)
//	keys, text, err := control.ListKeys().Do(ctx, client)
//
// Do also returns the body of the answer, because a server may send members
// that this program does not know. If an operation fails, the error is an
// [*Error].
//
// This package does not read flags, environment variables or files. It does not
// print, or choose exit codes. The wire types are in internal/control at the
// root of the module.
package control
