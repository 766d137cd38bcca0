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

// ClaimsRequest is the parameter claims of an authorization request (OpenID Connect Core
// 1.0 §5.5). The zero ClaimsRequest asks for nothing.
type ClaimsRequest struct {
	UserInfo, IDToken Asked
	EssentialACR      bool // without one of ACRs the request must fail (§5.5.1.1)
}

// Asked are claims by their names, with the values that will do; nil means any.
type Asked map[string][]json.RawMessage

// ParseClaims reads the parameter, "" being none. Members that the section does not
// have are ignored, as it says.
func ParseClaims(text string) (r ClaimsRequest, err error) {
	if text == "" {
		return r, nil
	}
	if len(text) > maxText {
		return r, errors.New("claims is longer than 4096 bytes")
	}
	o, err := token.ParseObject([]byte(text))
	if err != nil {
		return r, errors.New("claims is not a JSON object with distinct member names")
	}
	if r.UserInfo, err = parseAsked(o, "userinfo"); err == nil {
		r.IDToken, err = parseAsked(o, "id_token")
	}
	if err != nil {
		return ClaimsRequest{}, err
	}
	r.EssentialACR = len(r.ACRs()) > 0 && essential(o, "id_token", "acr")
	return r, nil
}

// essential reports whether the claim on a path of members is essential.
func essential(o token.Object, path ...string) (is bool) {
	for _, name := range path {
		i := o.Find(name)
		if i < 0 {
			return false
		}
		o, _ = token.ParseObject(o[i].Value) // an object: parseAsked has read it
	}
	read(o, "essential", &is)
	return is
}

func parseAsked(of token.Object, member string) (Asked, error) {
	i := of.Find(member)
	if i < 0 || isNull(of[i].Value) {
		return nil, nil
	}
	o, err := token.ParseObject(of[i].Value)
	if err != nil || len(o) > maxClaims {
		return nil, errors.New("claims: " + member + " is not an object of up to 64 claims")
	}
	asked := Asked{}
	for _, m := range o {
		if asked[m.Name], err = parseValues(m.Value); err != nil {
			return nil, err
		}
	}
	return asked, nil
}

// parseValues reads what is said about one claim (§5.5.1). essential changes nothing
// here: the server returns every claim that it has.
func parseValues(text json.RawMessage) ([]json.RawMessage, error) {
	if isNull(text) {
		return nil, nil
	}
	o, err := token.ParseObject(text)
	var essential bool
	var values []json.RawMessage
	if err == nil && (!read(o, "essential", &essential) || !read(o, "values", &values)) {
		err = errors.New("a member has the wrong type")
	}
	if err != nil {
		return nil, errors.New("claims: a claim is neither null nor an object of essential, value and values")
	}
	if i := o.Find("value"); i >= 0 {
		values = append(values, o[i].Value)
	}
	if len(values) == 0 { // as if there were no list
		return nil, nil
	}
	return values, nil
}

// read reads a member, whose name is spelled exactly so, into v. False is for another
// type.
func read(o token.Object, name string, v any) bool {
	i := o.Find(name)
	return i < 0 || json.Unmarshal(o[i].Value, v) == nil
}

func isNull(text json.RawMessage) bool { return string(text) == "null" }

// AllowsSubject reports whether the request may be answered about sub (§5.5.1).
func (r ClaimsRequest) AllowsSubject(sub string) bool {
	return r.IDToken.allows("sub", sub) && r.UserInfo.allows("sub", sub)
}

func (a Asked) allows(name string, v any) bool {
	_, asked := a[name]
	return !asked || a.wants(name, v)
}

// Subjects are the users that are asked for by name.
func (r ClaimsRequest) Subjects() []string {
	return append(r.IDToken.texts("sub"), r.UserInfo.texts("sub")...)
}

// ACRs are the authentication contexts that will do, the preferred one first
// (§5.5.1.1).
func (r ClaimsRequest) ACRs() []string { return r.IDToken.texts("acr") }

func (a Asked) texts(name string) (texts []string) {
	for _, value := range a[name] {
		var text string
		if json.Unmarshal(value, &text) == nil {
			texts = append(texts, text)
		}
	}
	return texts
}

// Names are the claims about the user that are asked for and that these scopes do not
// release anyway, each once and in order.
func (r ClaimsRequest) Names(scopes []string) []string {
	names := map[string]bool{}
	for _, asked := range []Asked{r.UserInfo, r.IDToken} {
		for name := range asked {
			names[name] = !slices.Contains(scopes, claimScopes[name])
		}
	}
	for _, own := range []string{"sub", "acr", "auth_time", "nonce"} { // they are about the login
		delete(names, own)
	}
	maps.DeleteFunc(names, func(_ string, needed bool) bool { return !needed })
	return slices.Sorted(maps.Keys(names))
}
