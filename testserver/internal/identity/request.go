package identity

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Bounds of the parameter claims, which the server keeps for as long as the grant.
const (
	maxText   = 4 << 10
	maxClaims = 64
)

// Request is the parameter claims of an authorization request (OpenID Connect Core
// 1.0 §5.5). The zero Request asks for nothing.
type Request struct{ UserInfo, IDToken Asked }

// Asked are claims by their names, with the values that will do; nil means any.
type Asked map[string][]json.RawMessage

// ParseRequest reads the parameter, "" being none. Members that the section does not
// have are ignored, as it says.
func ParseRequest(text string) (r Request, err error) {
	if text == "" {
		return r, nil
	}
	if len(text) > maxText {
		return r, errors.New("claims is too long")
	}
	o, err := token.ParseObject([]byte(text))
	if err != nil {
		return r, errors.New("claims is not a JSON object with distinct member names")
	}
	for name, into := range map[string]*Asked{"userinfo": &r.UserInfo, "id_token": &r.IDToken} {
		if i := o.Find(name); i >= 0 {
			if *into, err = parseAsked(o[i].Value); err != nil {
				return Request{}, err
			}
		}
	}
	return r, nil
}

func parseAsked(text json.RawMessage) (Asked, error) {
	if isNull(text) {
		return nil, nil
	}
	o, err := token.ParseObject(text)
	if err != nil || len(o) > maxClaims {
		return nil, errors.New("userinfo and id_token in claims are objects of up to 64 claims")
	}
	asked := Asked{}
	for _, m := range o {
		if asked[m.Name], err = parseValues(m.Value); err != nil {
			return nil, err
		}
	}
	return asked, nil
}

// parseValues reads what is said about one claim (§5.5.1). Whether it is essential
// changes nothing: the server tells what it knows.
func parseValues(text json.RawMessage) ([]json.RawMessage, error) {
	if isNull(text) {
		return nil, nil
	}
	var one struct {
		Essential *bool             `json:"essential"`
		Value     json.RawMessage   `json:"value"`
		Values    []json.RawMessage `json:"values"`
	}
	if _, err := token.ParseObject(text); err != nil || json.Unmarshal(text, &one) != nil {
		return nil, errors.New("a claim in claims is null, or an object with essential, value or values")
	}
	if one.Value != nil {
		one.Values = append(one.Values, one.Value)
	}
	if len(one.Values) == 0 { // as if there were no list
		return nil, nil
	}
	return one.Values, nil
}

func isNull(text json.RawMessage) bool { return string(text) == "null" }

// Subjects are the users that will do, none if all do (§5.5.1).
func (r Request) Subjects() []string {
	return append(r.IDToken.texts("sub"), r.UserInfo.texts("sub")...)
}

// ACRs are the authentication contexts that will do, the preferred one first
// (§5.5.1.1).
func (r Request) ACRs() []string { return r.IDToken.texts("acr") }

func (a Asked) texts(name string) (texts []string) {
	for _, value := range a[name] {
		var text string
		if json.Unmarshal(value, &text) == nil {
			texts = append(texts, text)
		}
	}
	return texts
}

// Names are the claims about the user that are asked for, each once and in order.
func (r Request) Names() []string {
	names := map[string]bool{}
	for _, asked := range []Asked{r.UserInfo, r.IDToken} {
		for name := range asked {
			names[name] = true
		}
	}
	for _, own := range []string{"sub", "acr", "auth_time", "nonce"} { // they are about the login
		delete(names, own)
	}
	return slices.Sorted(maps.Keys(names))
}
