// Package clientcert finds the certificate of the client that sent a request,
// for access tokens that are bound to a certificate (RFC 8705 §3).
//
// If the API terminates TLS itself, use the certificate of the connection:
//
//	middleware.Config{ClientCert: clientcert.TLS, …}
//
// [net/http.Server] must then ask for certificates. [tls.RequestClientCert] is
// enough: the handshake proves that the client has the private key of its
// certificate, and the certificate is compared with the thumbprint in the
// token.
//
// If a proxy terminates TLS, it forwards the certificate in a header field:
//
//	middleware.Config{ClientCert: clientcert.Envoy(trusted), …}
//
// Anyone can send such a field. The field is therefore used only if the peer of
// the connection is one of the trusted proxies. A trusted proxy must replace or
// remove the field in all requests that it receives, including requests without
// a client certificate. Otherwise, anyone can forge the field.
//
// A request has at most one client certificate. If the field occurs twice,
// contains two client certificates or is malformed, the result is an error. A
// token that is bound to a certificate is then refused.
//
// This package does not check who issued the certificate, or whether the
// certificate has expired or was revoked. The server that terminates TLS can
// check this. The binding does not depend on these checks (RFC 8705 §3, §6.2).
package clientcert
