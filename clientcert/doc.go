// Package clientcert finds the certificate of the client that sent a request,
// for access tokens that are bound to a certificate (RFC 8705 §3).
//
// If the API terminates TLS itself, use the certificate of the connection:
//
//	middleware.Config{ClientCert: clientcert.TLS, …}
//
// [net/http.Server] must then ask for certificates. [tls.RequestClientCert] is
// enough, because the token says which certificate is the right one, and the
// handshake proves that the client has its private key.
//
// If a proxy terminates TLS, it forwards the certificate in a header field:
//
//	middleware.Config{ClientCert: clientcert.Envoy(trusted), …}
//
// Anyone can send such a field, so it counts only if the peer of the connection
// is one of the trusted proxies. A trusted proxy must replace or remove the
// field in the requests that it receives, including requests without a client
// certificate. Otherwise, anyone can forge it.
//
// A request has one certificate or none. If the field occurs twice, names two
// certificates or cannot be read, the result is an error, and a token that is
// bound to a certificate is refused.
//
// This package does not check who issued the certificate, or whether it has
// expired or was revoked. The server that terminates TLS can check this. The
// binding does not depend on it (RFC 8705 §3, §6.5).
package clientcert
