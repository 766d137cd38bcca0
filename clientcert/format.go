package clientcert

import (
	"encoding/asn1"
	"encoding/base64"
	"net/url"
	"strings"
)

// Format is the encoding of a certificate in a header field.
type Format int

const (
	// RFC9440 is DER in base64 between colons, as in the field Client-Cert (RFC
	// 9440 §2.1, §2.2).
	RFC9440 Format = iota

	// XFCC is the format of Envoy's field X-Forwarded-Client-Cert, in text or
	// JSON. Each element must contain Hash or Cert.
	XFCC

	// EscapedPEM is PEM (RFC 7468 §5), percent-encoded or not. The base64 of
	// the DER without BEGIN and END lines is also accepted. A plus sign is not
	// decoded to a space.
	EscapedPEM
)

var (
	errMalformed = fault("the forwarded certificate is malformed")
	errSeveral   = fault("the field for the forwarded certificate contains more than one certificate")
)

// read returns the thumbprint of the certificate in a field, or "" if the proxy
// says that the client presented no certificate.
func (f Forwarded) read(field string) (string, error) {
	switch {
	case field == "":
		return "", nil
	case f.Format == XFCC:
		return readXFCC(field)
	case f.Format == RFC9440:
		return readBytes(field)
	}
	return readPEM(field, f.Chain)
}

// readBytes reads a byte sequence (RFC 8941 §3.3.5). An empty sequence means
// that the client presented no certificate: proxies that build the field from a
// variable send it.
func readBytes(field string) (string, error) {
	inner, isBytes := strings.CutPrefix(field, ":")
	inner, isClosed := strings.CutSuffix(inner, ":")
	switch {
	case !isBytes || !isClosed:
		if strings.Contains(field, ",") {
			return "", errSeveral
		}
		return "", errMalformed
	case inner == "":
		return "", nil
	case strings.Contains(inner, ","):
		return "", errSeveral
	}
	return readBase64(inner)
}

func readBase64(text string) (string, error) {
	der, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || !isCertificate(der) {
		return "", errMalformed
	}
	return thumbprint(der), nil
}

// isCertificate reports whether der is exactly one structure of the form of a
// certificate (RFC 5280 §4.1). Certificate requests and revocation lists have
// the same outer structure, but a different body. The server that terminates
// TLS has already checked everything else.
func isCertificate(der []byte) bool {
	type sequence []asn1.RawValue
	var certificate struct {
		Body struct {
			Version                                   int `asn1:"optional,explicit,default:0,tag:0"`
			Serial                                    asn1.RawValue
			Algorithm, Issuer, Validity, Subject, Key sequence
		}
		Algorithm sequence
		Signature asn1.BitString
	}
	rest, err := asn1.Unmarshal(der, &certificate)
	return err == nil && len(rest) == 0
}

const (
	pemBegin = "-----BEGIN CERTIFICATE-----"
	pemEnd   = "-----END CERTIFICATE-----"
)

// readPEM returns the thumbprint of the first certificate. Further certificates
// are an error unless chain is true.
func readPEM(field string, chain bool) (string, error) {
	text, err := url.PathUnescape(field) // unlike QueryUnescape, it does not turn a plus sign into a space
	if err != nil {
		return "", errMalformed
	}
	body, more, isBlock := strings.Cut(strings.TrimSpace(text), pemBegin)
	if !isBlock {
		leaf, rest, hasMore := strings.Cut(body, ",")
		if hasMore && (!chain || rest == "") {
			return "", errSeveral
		}
		return readBase64(leaf)
	}
	if body != "" {
		return "", errMalformed
	}
	body, rest, isClosed := strings.Cut(more, pemEnd)
	rest = strings.TrimLeft(rest, ", \r\n")
	switch {
	case !isClosed, rest != "" && !strings.HasPrefix(rest, pemBegin):
		return "", errMalformed
	case rest != "" && !chain:
		return "", errSeveral
	}
	return readBase64(body)
}
