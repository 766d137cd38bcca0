// Package doctor checks what a client learns from a protected API without a
// token: the challenge (RFC 9110 §11.6.1, RFC 6750 §3), the protected resource
// metadata that it names (RFC 9728), and the metadata and keys of the
// authorization servers (RFC 8414).
//
// [Run] sends some twenty requests. None has credentials. Four of them name a
// false host, to see whether the answers change. Each request ends within five
// seconds and all of them within [Timeout]. No redirect of the API is followed.
// A URL that an answer names is requested only if it is https, or http on
// loopback where the API itself is.
//
// What may not be in it: flags, printing, exit codes.
package doctor
