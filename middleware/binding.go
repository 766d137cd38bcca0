package middleware

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/bearerguard/bearerguard/clientcert"
	"github.com/bearerguard/bearerguard/internal/contain"
	"github.com/bearerguard/bearerguard/internal/strictjson"
)

// binding contains the key and the certificate to which cnf binds a token (RFC
// 7800 §3.1). If cnf has both jkt and x5t#S256, the client must prove that it
// has both the key and the certificate. The zero value is the binding of a
// token without cnf.
type binding struct {
	jkt     string // the thumbprint of a key (RFC 9449 §6.1), or ""
	x5t     string // the thumbprint of a certificate, x5t#S256 (RFC 8705 §3.1), or ""
	other   bool   // cnf is malformed, or has another member
	claimed bool   // a claim such as typ says that the token is bound to a key
}

// readBinding reads the value of cnf. If it cannot read the value, it sets
// b.other, so that the token is refused and not accepted as a bearer token.
func readBinding(cnf strictjson.Value) (b binding) {
	err := strictjson.Object(string(cnf), func(name string, value strictjson.Value) error {
		text, _ := strictjson.String(value)
		switch name {
		case "jkt":
			b.jkt = text
		case "x5t#S256":
			b.x5t = text
		default:
			b.other = true
		}
		var hash [sha256.Size]byte
		n, err := base64.RawURLEncoding.Strict().Decode(hash[:], []byte(text[:min(len(text), encodedHash)]))
		if err != nil || n != len(hash) || len(text) != encodedHash {
			b.other = true
		}
		return nil
	})
	if err != nil || b == (binding{}) {
		b.other = true
	}
	return b
}

// encodedHash is the length of a SHA-256 hash in base64url.
const encodedHash = 43

// namesDPoP reports whether a claim has the value DPoP. Servers write DPoP
// instead of Bearer if the token is bound to a key.
func namesDPoP(value strictjson.Value) bool {
	text, _ := strictjson.String(value)
	return strings.EqualFold(text, schemeDPoP)
}

// add merges the binding in the introspection answer about a JWT into the
// binding in the JWT. If both bindings have a member, the two values must be
// equal.
func (b *binding) add(answer binding) error {
	differ := func(own, other string) bool { return own != "" && other != "" && own != other }
	if differ(b.jkt, answer.jkt) || differ(b.x5t, answer.x5t) {
		return ErrConfirmation
	}
	b.jkt, b.x5t, b.other = cmp.Or(b.jkt, answer.jkt), cmp.Or(b.x5t, answer.x5t), b.other || answer.other
	return nil
}

// checkClientCert returns the faults of ClientCert and RequireBound.
func (c Config) checkClientCert() (faults []error) {
	if v := reflect.ValueOf(c.ClientCert); (v.Kind() == reflect.Pointer || v.Kind() == reflect.Func) && v.IsNil() {
		faults = append(faults, fmt.Errorf("ClientCert is a nil %T: leave ClientCert unset to refuse tokens that are bound to a certificate", c.ClientCert))
	} else if source, ok := c.ClientCert.(interface{ Check() error }); ok {
		if err := source.Check(); err != nil {
			faults = append(faults, eachFault("ClientCert: ", err.Error())...)
		}
	}
	if c.RequireBound && c.ClientCert == nil && c.DPoP == nil {
		faults = append(faults, errors.New("RequireBound needs ClientCert or DPoP: without them, bound tokens are refused, too"))
	}
	return faults
}

// checkConfirmation compares the scheme of the request with the binding of the
// token (RFC 9449 §7.1, §7.2). A token with a binding that this API cannot
// check is never accepted, because accepting it as a bearer token would undo
// the binding (RFC 7800 §3.1).
func (d *decision) checkConfirmation() error {
	toKey, toCertificate := d.binding.jkt != "", d.binding.x5t != ""
	switch {
	case d.binding.other, toKey && d.v.dpop == nil, toCertificate && d.v.clientCert == nil, !toKey && d.binding.claimed:
		return ErrConfirmation
	case toKey && !d.provesKey():
		return ErrBound
	case !toKey && (d.provesKey() || d.v.dpop != nil && d.v.dpop.required), !toKey && !toCertificate && d.v.requireBound:
		return ErrUnbound
	}
	return nil
}

// provesKey reports whether the token was sent with the scheme DPoP.
func (d *decision) provesKey() bool { return d.scheme == schemeDPoP }

// checkCertificate checks that the client presented the certificate to which
// the token is bound (RFC 8705 §3). If the client's certificate cannot be
// determined, the token is refused too.
func (d *decision) checkCertificate() error {
	if err := d.findCertificate(); err != nil {
		return because(ErrCertificate, err)
	}
	if d.credentials.CertificateThumbprint != d.binding.x5t {
		return ErrCertificate
	}
	return nil
}

// findCertificate finds the certificate of the client. It is called only if the
// token is bound to a certificate, so that other tokens cost nothing.
func (d *decision) findCertificate() (err error) {
	if d.request == nil { // in Verify, the caller provides the thumbprint
		return nil
	}
	d.credentials.CertificateThumbprint, err = d.v.clientCert.Thumbprint(d.request)
	if errors.Is(err, clientcert.ErrUntrusted) && d.v.untrusted.CompareAndSwap(false, true) {
		contain.Panic(func() {
			d.v.logger.WarnContext(d.ctx, "refused a token, because a peer that is not in Trusted or Sockets of ClientCert forwarded the certificate; this is logged only once", "peer", d.request.RemoteAddr)
		})
	}
	return err
}
