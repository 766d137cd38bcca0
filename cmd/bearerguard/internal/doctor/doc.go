// Package doctor checks what a client without a token learns from a protected
// API: the challenge (RFC 9110 §11.6.1, RFC 6750 §3), the protected resource
// metadata to which the challenge refers (RFC 9728), and the metadata and keys
// of the authorization servers (RFC 8414).
//
// [Run] sends about twenty requests, without credentials. At most four requests
// contain a false host, to check that the answers do not change. These requests
// have a random query, so that a cache cannot give their answers to other
// clients. Each request ends within five seconds, and the whole run within a
// minute. Run does not follow redirects of the API. Run requests a URL from an
// answer only if the URL is https, and its host is neither localhost nor a
// loopback or link-local address. Other names are not resolved for this check.
// If the API itself is on this machine, Run also requests local URLs, with http
// if the API uses http.
//
// This package does not parse flags, print, or choose exit codes.
package doctor
