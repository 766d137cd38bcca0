// Package settings reads the configuration file of a test authorization server,
// and prints it without its secrets.
//
// The file is one JSON object, in UTF-8. Reading is strict, because a setting
// that is misspelt and ignored is a test that checks nothing: members that are
// unknown or there twice, values of another type and names that mean nothing are
// errors. All of them are reported at once, each with its path and with what
// would be right:
//
//	clients[1].redirect_uris[0]: got a number, want an absolute URI without fragment, such as "http://127.0.0.1/callback"
//
// What takes more than the file to judge, such as whether a key fits its
// algorithm, is left to the server.
package settings
