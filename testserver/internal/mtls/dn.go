package mtls

import (
	"bytes"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// name is a distinguished name in a form that can be compared. The relative
// distinguished names are in the order of the certificate. Each of them is a
// sorted list of attributes.
type name [][]string

func (n name) equal(other name) bool {
	return slices.EqualFunc(n, other, func(a, b []string) bool { return slices.Equal(a, b) })
}

// attributeTypes maps names of attributes, in lower case, to their types: the
// names of RFC 4514 §3, and others that certificate tools write.
var attributeTypes = map[string]string{
	"cn": "2.5.4.3", "l": "2.5.4.7", "st": "2.5.4.8", "o": "2.5.4.10", "ou": "2.5.4.11", "c": "2.5.4.6", "street": "2.5.4.9",
	"dc": "0.9.2342.19200300.100.1.25", "uid": "0.9.2342.19200300.100.1.1",
	"s": "2.5.4.8", "sn": "2.5.4.4", "surname": "2.5.4.4", "gn": "2.5.4.42", "givenname": "2.5.4.42", "title": "2.5.4.12",
	"serialnumber": "2.5.4.5", "postalcode": "2.5.4.17", "businesscategory": "2.5.4.15", "organizationidentifier": "2.5.4.97",
	"e": "1.2.840.113549.1.9.1", "email": "1.2.840.113549.1.9.1", "emailaddress": "1.2.840.113549.1.9.1",
}

// attribute returns an attribute as text for comparison. Values that differ
// only in case or in insignificant spaces give the same text (RFC 5280 §7.1).
func attribute(oid, value string) string {
	return oid + "=" + strings.Map(fold, strings.Join(strings.Fields(value), " "))
}

// fold returns the same character for all cases of a letter. Unlike
// ToLower(ToUpper(c)), it does not turn a dotless i into an i.
func fold(c rune) rune {
	least := c
	for other := unicode.SimpleFold(c); other != c; other = unicode.SimpleFold(other) {
		least = min(least, other)
	}
	return least
}

// encoded is like the function attribute, but receives the value in DER. If the
// value is not a character string, the text contains the DER in hex.
func encoded(oid string, der []byte) string {
	var value any
	if rest, err := asn1.Unmarshal(der, &value); err == nil && len(rest) == 0 {
		if text, ok := value.(string); ok {
			return attribute(oid, text)
		}
	}
	return oid + "#" + hex.EncodeToString(der)
}

// parseSubject reads the subject of a certificate.
func parseSubject(der []byte) (name, error) {
	// asn1 reads this type as a SET because its name ends in SET.
	type attributesSET []struct {
		Type  asn1.ObjectIdentifier
		Value asn1.RawValue
	}
	var rdns []attributesSET
	if rest, err := asn1.Unmarshal(der, &rdns); err != nil || len(rest) > 0 {
		return nil, errors.New("the subject is malformed")
	}
	var n name
	for _, rdn := range rdns {
		var attributes []string
		for _, a := range rdn {
			attributes = append(attributes, encoded(a.Type.String(), a.Value.FullBytes))
		}
		slices.Sort(attributes)
		n = append(n, attributes)
	}
	return n, nil
}

// parseDN reads the string representation of a distinguished name (RFC 4514
// §3). The string lists the relative distinguished names in the reverse of
// their order in the certificate.
func parseDN(text string) (name, error) {
	var n name
	for _, rdn := range split(text, ',') {
		var attributes []string
		for _, one := range split(rdn, '+') {
			a, err := parseAttribute(one)
			if err != nil {
				return nil, err
			}
			attributes = append(attributes, a)
		}
		slices.Sort(attributes)
		n = append(n, attributes)
	}
	slices.Reverse(n)
	return n, nil
}

func parseAttribute(text string) (string, error) {
	kind, value, found := strings.Cut(text, "=")
	kind = strings.TrimSpace(kind)
	if !found {
		return "", fmt.Errorf(`the part %q has no =: want a name such as CN=billing,O=Example; if a value contains a comma, put a backslash before it (in JSON, two)`, text)
	}
	oid, known := attributeTypes[strings.ToLower(kind)]
	if !known {
		oid = strings.TrimPrefix(strings.ToLower(kind), "oid.")
		if !isOID(oid) {
			return "", fmt.Errorf("the attribute %q is unknown: use a name of RFC 4514 §3, or an object identifier such as 2.5.4.97", kind)
		}
	}
	value = trim(value)
	if digits, isHex := strings.CutPrefix(value, "#"); isHex {
		der, err := hex.DecodeString(digits)
		if err != nil || len(der) == 0 {
			return "", fmt.Errorf("the value of %s is not hexadecimal after #", kind)
		}
		return encoded(oid, der), nil
	}
	plain, err := unescape(value)
	if err != nil {
		return "", fmt.Errorf("the value of %s %w", kind, err)
	}
	return attribute(oid, plain), nil
}

// isOID reports whether text is an object identifier in dotted decimal.
func isOID(text string) bool {
	parts := strings.Split(text, ".")
	return len(parts) > 1 && !slices.ContainsFunc(parts, func(part string) bool {
		n, err := strconv.ParseUint(part, 10, 32)
		return err != nil || strconv.FormatUint(n, 10) != part
	})
}

// split cuts text at each separator that is neither escaped nor quoted.
func split(text string, separator byte) (parts []string) {
	start, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			quoted = !quoted
		case separator:
			if !quoted {
				parts, start = append(parts, text[start:i]), i+1
			}
		}
	}
	return append(parts, text[start:])
}

// trim removes spaces at both ends, except an escaped space at the end.
func trim(value string) string {
	value = strings.TrimLeft(value, " ")
	for strings.HasSuffix(value, " ") && !strings.HasSuffix(value, `\ `) {
		value = strings.TrimSuffix(value, " ")
	}
	return value
}

// unescape returns the value of an attribute (RFC 4514 §2.4). It also reads the
// quoted values of RFC 2253.
func unescape(value string) (string, error) {
	if len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"' {
		value = value[1 : len(value)-1]
	}
	var b bytes.Buffer
	for i := 0; i < len(value); i++ {
		if value[i] != '\\' {
			b.WriteByte(value[i])
			continue
		}
		rest := value[i+1:]
		if len(rest) > 1 {
			if pair, err := hex.DecodeString(rest[:2]); err == nil {
				b.Write(pair)
				i += 2
				continue
			}
		}
		if rest == "" || strings.IndexByte(` "#+,;<=>\`, rest[0]) < 0 {
			return "", errors.New(`has a \ before a character that cannot be escaped, or at the end: write \\ for a backslash`)
		}
		b.WriteByte(rest[0])
		i++
	}
	return b.String(), nil
}
