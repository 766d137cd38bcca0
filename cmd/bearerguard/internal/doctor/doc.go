// Package doctor checks what a client without a token learns from a protected
// API: the challenge (RFC 9110 §11.6.1, RFC 6750 §3), the protected resource
// metadata that the challenge names (RFC 9728), and the metadata and keys of
// the authorization servers (RFC 8414).
//
// [Run] sends about twenty requests, without credentials. Four of them name a
// false host, to see whether the answers change; a random query keeps their
// answers out of the way of other clients if a cache stores them. Each request
// ends within five seconds, and the whole run within [Timeout]. Redirects of
// the API are not followed. A URL that an answer names is requested only if it
// is an https URL of another host than this machine. If the API is on loopback,
// so may be the URL, with http if the API has http.
//
// Not in this package: flags, printing, exit codes.
package doctor
