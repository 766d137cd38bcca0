package apicheck

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// forgery is a header field with which a client imitates a proxy that forwards
// the client's certificate.
type forgery struct{ field, value string }

// forgeries returns the fields that common proxies send. Each field contains
// cert in the format of the proxy.
func forgeries(cert *x509.Certificate) []forgery {
	text := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
	escaped := strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
	plain := base64.StdEncoding.EncodeToString(cert.Raw)
	return []forgery{
		{"X-Client-Cert", escaped}, // nginx
		{"Ssl-Client-Cert", escaped},
		{"X-Forwarded-Client-Cert", fmt.Sprintf("Hash=%x;Cert=%q", sha256.Sum256(cert.Raw), escaped)}, // Envoy
		{"Client-Cert", ":" + plain + ":"}, // RFC 9440
		{"X-SSL-Client-DER", plain},        // HAProxy
		{"X-Amzn-Mtls-Clientcert-Leaf", strings.ReplaceAll(url.PathEscape(text), "%2F", "/")}, // AWS ALB
		{"X-Forwarded-Tls-Client-Cert", plain},                                                // Traefik
	}
}

// send adds the field to a request.
func (f forgery) send(r *http.Request) { r.Header.Set(f.field, f.value) }
