// Package settings reads the configuration file of a test authorization server,
// and prints it with or without its secrets.
//
// The file is one JSON object in UTF-8. Unknown or repeated members, values of
// the wrong type and unknown names are errors: if a misspelled setting were
// ignored, a test could pass without checking anything. The package reports up
// to 100 errors at once, each with the path of the member and the expected
// value:
//
//	clients[1].redirect_uris[0]: got a number, want an absolute URI that a browser can open and that has no user information or fragment, such as "http://127.0.0.1/callback"
//
// This package does not check everything. The server itself checks, for
// example, whether a key is suitable for its algorithm.
package settings
