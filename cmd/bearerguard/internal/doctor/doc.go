// Package doctor checks what a client without a token learns from a protected
// API: the challenge (RFC 9110 §11.6.1, RFC 6750 §3), the protected resource
// metadata that the challenge names (RFC 9728), and the metadata and keys of
// the authorization servers (RFC 8414).
//
// [Run] sends about twenty requests, without credentials. Four requests name a
// false host, to see whether the answers change. These four have a random
// query, so that a cache cannot give their answers to other clients. Each
// request ends within five seconds, and the whole run within a minute. Run does
// not follow redirects of the API. If an answer names a URL, Run requests it
// only if it is https and its host is not this machine. If the API itself is on
// this machine, Run also requests local URLs, with http if the API uses http.
//
// Not in this package: flags, printing, exit codes.
package doctor
