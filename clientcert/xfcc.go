package clientcert

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/bearerguard/bearerguard/internal/strictjson"
)

var (
	errNoHash    = fault("the field for the forwarded certificate has neither Hash nor Cert: configure the proxy to send one of them")
	errDiffering = fault("the field for the forwarded certificate has a Hash and a Cert of different certificates")
)

// element is one element of an XFCC field: the certificate that one proxy
// received.
type element struct{ hash, cert string }

// set sets the value of a key. Keys are case-insensitive. Only Hash and Cert
// identify the certificate, so set ignores all other keys. It returns false if
// the value of Hash or Cert is empty, or if the key already has a value.
func (e *element) set(key, value string) bool {
	own := &e.hash
	switch strings.ToLower(key) {
	case "hash":
	case "cert":
		own = &e.cert
	default:
		return true
	}
	if value == "" || *own != "" {
		return false
	}
	*own = value
	return true
}

func readXFCC(field string) (string, error) {
	parse := parseText
	if field[0] == '[' || field[0] == '{' {
		parse = parseJSON
	}
	elements, ok := parse(field)
	switch {
	case !ok:
		return "", errMalformed
	case len(elements) == 0:
		return "", nil
	case len(elements) > 1:
		return "", errSeveral
	}
	return identify(elements[0])
}

// identify returns the thumbprint of an element's certificate.
func identify(e element) (string, error) {
	if e.hash == "" && e.cert == "" {
		return "", errNoHash
	}
	var byHash, byCert string
	if e.hash != "" {
		sum, err := hex.DecodeString(e.hash)
		if err != nil || len(sum) != sha256.Size {
			return "", errMalformed
		}
		byHash = base64.RawURLEncoding.EncodeToString(sum)
	}
	if e.cert != "" {
		var err error
		if byCert, err = readPEM(e.cert, false); err != nil {
			return "", err
		}
	}
	switch {
	case byHash == "":
		return byCert, nil
	case byCert != "" && byCert != byHash:
		return "", errDiffering
	}
	return byHash, nil
}

// parseText parses elements that are separated by commas. Within an element,
// the pairs of key and value are separated by semicolons. A value may be in
// quotes; a backslash then escapes the next character. ok is false if the text
// is malformed or an element contains Hash or Cert twice.
func parseText(text string) (elements []element, ok bool) {
	var e element
	for {
		key, rest, found := strings.Cut(text, "=")
		if !found || key == "" || strings.ContainsAny(key, ` ",;\`) {
			return nil, false
		}
		var value string
		if value, text, ok = cutValue(rest); !ok || !e.set(key, value) {
			return nil, false
		}
		if text == "" {
			return append(elements, e), true
		}
		if text[0] == ',' {
			elements, e = append(elements, e), element{}
			text = strings.TrimLeft(text, ", ")
			continue
		}
		text = text[1:]
	}
}

// cutValue splits text after its first value. The rest is empty, or begins with
// a comma or a semicolon.
func cutValue(text string) (value, rest string, ok bool) {
	if !strings.HasPrefix(text, `"`) {
		end := strings.IndexAny(text, ",;")
		if end < 0 {
			end = len(text)
		}
		value, rest = text[:end], text[end:]
		return value, rest, !strings.Contains(value, `"`)
	}
	var unquoted strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
			unquoted.WriteByte(text[i])
		case c == '"':
			rest = text[i+1:]
			return unquoted.String(), rest, rest == "" || rest[0] == ',' || rest[0] == ';'
		default:
			unquoted.WriteByte(c)
		}
	}
	return "", "", false
}

// parseJSON parses an array of elements, or one element. An element is an
// object. The values of Hash and Cert are strings.
func parseJSON(text string) (elements []element, ok bool) {
	read := func(object strictjson.Value) bool {
		var e element
		err := strictjson.Object(string(object), func(name string, value strictjson.Value) error {
			if content, _ := strictjson.String(value); !e.set(name, content) {
				return errMalformed
			}
			return nil
		})
		elements = append(elements, e)
		return err == nil
	}
	// strictjson.Object reads only an object, but text may be a list. The text
	// is therefore wrapped as the value of a member with an empty name.
	err := strictjson.Object(`{"":`+text+`}`, func(name string, value strictjson.Value) error {
		isElements := strictjson.Elements(value, maxField, read) || value.Kind() == '{' && read(value)
		if name != "" || !isElements {
			return errMalformed
		}
		return nil
	})
	return elements, err == nil
}
