package identity

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// maxText is the maximum number of bytes of the claims parameter, and maxClaims
// is the maximum number of claims in each of its objects. The limits exist
// because the server stores the parameter with the grant.
const (
	maxText   = 4 << 10
	maxClaims = 64
)

// ClaimsRequest is the parsed claims parameter of an authorization request
// (OpenID Connect Core 1.0 §5.5). The zero ClaimsRequest requests nothing.
type ClaimsRequest struct {
	UserInfo, IDToken RequestedClaims
	EssentialACR      bool // the request fails if the login reaches none of ACRs (§5.5.1.1)
}

// RequestedClaims maps each requested claim to its accepted values. If the list
// of values is nil, any value is accepted.
type RequestedClaims map[string][]json.RawMessage

// ParseClaims parses the claims parameter. An empty text means that the
// parameter is absent. Unknown members are ignored, as §5.5 requires.
func ParseClaims(text string) (r ClaimsRequest, err error) {
	if text == "" {
		return r, nil
	}
	if len(text) > maxText {
		return r, errors.New("claims is longer than 4096 bytes")
	}
	o, err := token.ParseObject([]byte(text))
	if err != nil {
		return r, errors.New("claims is not a JSON object with unique member names")
	}
	if r.UserInfo, err = parseRequested(o, "userinfo"); err == nil {
		r.IDToken, err = parseRequested(o, "id_token")
	}
	if err != nil {
		return ClaimsRequest{}, err
	}
	r.EssentialACR = len(r.ACRs()) > 0 && essential(o, "id_token", "acr")
	return r, nil
}

// essential reports whether the object at path contains "essential": true. The
// path consists of member names, such as id_token and acr.
func essential(o token.Object, path ...string) (is bool) {
	for _, name := range path {
		i := o.Find(name)
		if i < 0 {
			return false
		}
		o, _ = token.ParseObject(o[i].Value) // no error: parseRequested has accepted this object
	}
	read(o, "essential", &is)
	return is
}

func parseRequested(of token.Object, member string) (RequestedClaims, error) {
	i := of.Find(member)
	if i < 0 || isNull(of[i].Value) {
		return nil, nil
	}
	o, err := token.ParseObject(of[i].Value)
	if err != nil || len(o) > maxClaims {
		return nil, errors.New("claims: the member " + member + " must be an object with at most 64 members")
	}
	requested := RequestedClaims{}
	for _, m := range o {
		if requested[m.Name], err = parseValues(m.Value); err != nil {
			return nil, err
		}
	}
	return requested, nil
}

// parseValues parses the request for one claim (§5.5.1) and returns its
// accepted values. The member essential has no effect here, because the server
// returns every requested claim that it has.
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
		return nil, errors.New("claims: the request for a claim must be null or an object; in it, essential must be true or false, and values must be an array")
	}
	if i := o.Find("value"); i >= 0 {
		values = append(values, o[i].Value)
	}
	if len(values) == 0 { // an empty list of values is treated like an absent list
		return nil, nil
	}
	return values, nil
}

// read decodes the member called name into v. It returns false if the member
// has the wrong type.
func read(o token.Object, name string, v any) bool {
	i := o.Find(name)
	return i < 0 || json.Unmarshal(o[i].Value, v) == nil
}

func isNull(text json.RawMessage) bool { return string(text) == "null" }

// AllowsSubject reports whether r accepts sub as the user (OpenID Connect Core
// 1.0 §5.5.1). If r lists no values for the claim sub, it accepts every user.
func (r ClaimsRequest) AllowsSubject(sub string) bool {
	return r.IDToken.allows("sub", sub) && r.UserInfo.allows("sub", sub)
}

func (a RequestedClaims) allows(name string, v any) bool {
	_, requested := a[name]
	return !requested || a.accepts(name, v)
}

// Subjects returns the values of sub that r requests.
func (r ClaimsRequest) Subjects() []string {
	return append(r.IDToken.texts("sub"), r.UserInfo.texts("sub")...)
}

// ACRs returns the accepted authentication contexts, with the preferred one
// first (OpenID Connect Core 1.0 §5.5.1.1).
func (r ClaimsRequest) ACRs() []string { return r.IDToken.texts("acr") }

func (a RequestedClaims) texts(name string) (texts []string) {
	for _, value := range a[name] {
		var text string
		if json.Unmarshal(value, &text) == nil {
			texts = append(texts, text)
		}
	}
	return texts
}

// Names returns the names of the requested claims about the user, without the
// claims that the given scopes already release. The names are sorted and have
// no duplicates.
func (r ClaimsRequest) Names(scopes []string) []string {
	names := map[string]bool{}
	for _, requested := range []RequestedClaims{r.UserInfo, r.IDToken} {
		for name := range requested {
			names[name] = !slices.Contains(scopes, claimScopes[name])
		}
	}
	for _, own := range []string{"sub", "acr", "auth_time", "nonce"} { // these describe the login, not the user
		delete(names, own)
	}
	maps.DeleteFunc(names, func(_ string, needed bool) bool { return !needed })
	return slices.Sorted(maps.Keys(names))
}
