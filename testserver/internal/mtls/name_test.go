package mtls_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/mtls"
)

// named returns a certificate for the names in a template.
func named(t *testing.T, template *x509.Certificate) *x509.Certificate {
	t.Helper()
	cert, err := mtls.SelfSigned(template, material(t))
	if err != nil {
		t.Fatal(err)
	}
	return cert.Leaf
}

func organizationIdentifier(id string) pkix.AttributeTypeAndValue {
	return pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, 97}, Value: id}
}

func TestSubjectsAreComparedAsDistinguishedNames(t *testing.T) {
	billing := pkix.Name{CommonName: "Billing  Service", Organization: []string{"Example, Inc."}, Country: []string{"DE"}}
	for name, tt := range map[string]struct {
		subject pkix.Name
		dn      string
		want    bool
	}{
		"the string of Go":                    {billing, billing.String(), true},
		"an escaped comma":                    {billing, `CN=Billing Service,O=Example\, Inc.,C=DE`, true},
		"a comma as two digits":               {billing, `CN=Billing Service,O=Example\2C Inc.,C=DE`, true},
		"a quoted value":                      {billing, `CN=Billing Service,O="Example, Inc.",C=DE`, true},
		"spaces around separators":            {billing, `CN = Billing Service , O = Example\, Inc. , C = DE`, true},
		"other case and spaces":               {billing, `cn=billing service,o=EXAMPLE\,   INC.,c=de`, true},
		"an object identifier":                {billing, `2.5.4.3=Billing Service,oid.2.5.4.10=Example\, Inc.,C=DE`, true},
		"a value in DER":                      {billing, `CN=Billing Service,O=Example\, Inc.,C=#13024445`, true},
		"another order":                       {billing, `C=DE,O=Example\, Inc.,CN=Billing Service`, false},
		"an attribute less":                   {billing, `CN=Billing Service,O=Example\, Inc.`, false},
		"an attribute more":                   {billing, `CN=Billing Service,OU=a,O=Example\, Inc.,C=DE`, false},
		"another value":                       {billing, `CN=Billing Services,O=Example\, Inc.,C=DE`, false},
		"another attribute":                   {billing, `UID=Billing Service,O=Example\, Inc.,C=DE`, false},
		"attributes in one RDN":               {billing, `CN=Billing Service+O=Example\, Inc.,C=DE`, false},
		"a value of an RDN with two":          {pkix.Name{OrganizationalUnit: []string{"a", "b"}}, "OU=b+OU=a", true},
		"half of an RDN with two":             {pkix.Name{OrganizationalUnit: []string{"a", "b"}}, "OU=a", false},
		"an organization identifier":          {pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{organizationIdentifier("PSDDE-1")}}, "organizationIdentifier=PSDDE-1", true},
		"an organization identifier of Go":    {pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{organizationIdentifier("PSDDE-1")}}, "2.5.4.97=#130750534444452d31", true},
		"a text like a value in DER":          {pkix.Name{CommonName: "#0201ff"}, "CN=#0201ff", false},
		"a text like DER, escaped":            {pkix.Name{CommonName: "#0201ff"}, `CN=\#0201ff`, true},
		"letters beyond ASCII":                {pkix.Name{CommonName: "Zoë"}, `CN=ZO\C3\8B`, true},
		"a dotless i":                         {pkix.Name{CommonName: "b\u0131ll\u0131ng"}, "CN=billing", false},
		"a space at the end of a value":       {pkix.Name{CommonName: "a"}, `CN=a\ `, true}, // insignificant
		"a name that contains the other name": {pkix.Name{CommonName: "a,O=b"}, "CN=a,O=b", false},
	} {
		if got := mtls.IsNamed(named(t, &x509.Certificate{Subject: tt.subject}), catalogue.ClientTLS{SubjectDN: tt.dn}); got != tt.want {
			t.Errorf("%s: %s and %s: got %v, want %v", name, tt.subject, tt.dn, got, tt.want)
		}
	}
}

func TestOneNameOfACertificateMustMatch(t *testing.T) {
	uri, err := url.Parse("spiffe://example.com/billing")
	if err != nil {
		t.Fatal(err)
	}
	cert := named(t, &x509.Certificate{
		Subject:  pkix.Name{CommonName: "cn.example"},
		DNSNames: []string{"a.example", "*.b.example"}, URIs: []*url.URL{uri}, IPAddresses: []net.IP{net.ParseIP("192.0.2.1"), net.ParseIP("2001:db8::1")},
		EmailAddresses: []string{"Billing@example.com"},
	})
	for name, tt := range map[string]struct {
		tls  catalogue.ClientTLS
		want bool
	}{
		"a DNS name":                    {catalogue.ClientTLS{SANDNS: "A.example"}, true},
		"a DNS name with a wildcard":    {catalogue.ClientTLS{SANDNS: "x.b.example"}, false},
		"the wildcard itself":           {catalogue.ClientTLS{SANDNS: "*.b.example"}, true},
		"the common name":               {catalogue.ClientTLS{SANDNS: "cn.example"}, false},
		"an IP address as a DNS name":   {catalogue.ClientTLS{SANDNS: "192.0.2.1"}, false},
		"a URI":                         {catalogue.ClientTLS{SANURI: "spiffe://example.com/billing"}, true},
		"a URI in another case":         {catalogue.ClientTLS{SANURI: "spiffe://example.com/Billing"}, false},
		"an IPv4 address":               {catalogue.ClientTLS{SANIP: "192.0.2.1"}, true},
		"an IPv4 address as IPv6":       {catalogue.ClientTLS{SANIP: "::ffff:192.0.2.1"}, true},
		"an IPv6 address, written long": {catalogue.ClientTLS{SANIP: "2001:DB8:0:0:0:0:0:1"}, true},
		"another IP address":            {catalogue.ClientTLS{SANIP: "192.0.2.2"}, false},
		"an email address":              {catalogue.ClientTLS{SANEmail: "Billing@EXAMPLE.com"}, true},
		"an email address in lower":     {catalogue.ClientTLS{SANEmail: "billing@example.com"}, false},
		"nothing":                       {catalogue.ClientTLS{}, false},
	} {
		if got := mtls.IsNamed(cert, tt.tls); got != tt.want {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
}

func TestNamesThatCannotBeComparedAreRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		tls    catalogue.ClientTLS
		method catalogue.AuthMethod
		want   string // "" means that the names are right
	}{
		"no name":                     {catalogue.ClientTLS{}, catalogue.TLSClientAuth, "tls_client_auth requires exactly one of SubjectDN, SANDNS, SANURI, SANIP, SANEmail"},
		"two names":                   {catalogue.ClientTLS{SANDNS: "a", SANIP: "::1"}, catalogue.TLSClientAuth, "exactly one"},
		"a name for another method":   {catalogue.ClientTLS{SANDNS: "a"}, catalogue.SelfSignedTLS, "SANDNS is only for tls_client_auth"},
		"a name for any method":       {catalogue.ClientTLS{SANDNS: "a"}, "", "SANDNS is only for tls_client_auth"},
		"bound tokens for any method": {catalogue.ClientTLS{BoundTokens: true}, "", ""},
		"a DN without =":              {catalogue.ClientTLS{SubjectDN: "billing"}, catalogue.TLSClientAuth, `"billing" has no =`},
		"a DN with an empty RDN":      {catalogue.ClientTLS{SubjectDN: "CN=a,"}, catalogue.TLSClientAuth, `"" has no =`},
		"a DN with an unknown name":   {catalogue.ClientTLS{SubjectDN: "XY=a"}, catalogue.TLSClientAuth, `the attribute "XY" is unknown`},
		"a DN with a malformed OID":   {catalogue.ClientTLS{SubjectDN: "2.05=a"}, catalogue.TLSClientAuth, `the attribute "2.05" is unknown`},
		"a DN with malformed DER":     {catalogue.ClientTLS{SubjectDN: "CN=#1"}, catalogue.TLSClientAuth, "not hexadecimal after #"},
		"a DN that ends in a \\":      {catalogue.ClientTLS{SubjectDN: `CN=a\`}, catalogue.TLSClientAuth, `cannot be escaped`},
		"a DN that escapes a letter":  {catalogue.ClientTLS{SubjectDN: `CN=\z`}, catalogue.TLSClientAuth, `cannot be escaped`},
		"not a URI":                   {catalogue.ClientTLS{SANURI: "/billing"}, catalogue.TLSClientAuth, "SANURI: want an absolute URI"},
		"not an IP address":           {catalogue.ClientTLS{SANIP: "a.example"}, catalogue.TLSClientAuth, "SANIP: want an IP address"},
		"not an email address":        {catalogue.ClientTLS{SANEmail: "example.com"}, catalogue.TLSClientAuth, "SANEmail: want an address"},
		"a DNS name":                  {catalogue.ClientTLS{SANDNS: "a.example"}, catalogue.TLSClientAuth, ""},
	} {
		err := mtls.CheckNames(tt.tls, tt.method, func(n catalogue.CertificateName) string { return n.Field })
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
}

// The string that Go writes for a subject must match the certificate, whatever
// the values are.
func FuzzTheStringOfASubjectMatches(f *testing.F) {
	f.Add("Billing", "Example, Inc.", "a")
	f.Add(` #"+,;<=>\ `, "\x00ü\n", "")
	f.Fuzz(func(t *testing.T, cn, organization, unit string) {
		subject := pkix.Name{CommonName: cn, Organization: []string{organization}, OrganizationalUnit: []string{unit, "b"}}
		m := material(t)
		cert, err := mtls.SelfSigned(&x509.Certificate{Subject: subject}, m)
		if err != nil {
			return // a certificate cannot have this text
		}
		if !mtls.IsNamed(cert.Leaf, catalogue.ClientTLS{SubjectDN: subject.String()}) {
			t.Errorf("got no match for %q", subject.String())
		}
	})
}
