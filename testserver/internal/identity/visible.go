package identity

import (
	"encoding/json"
	"reflect"
	"slices"
)

// claimScopes maps each standard claim to the scope that it requires (OpenID
// Connect Core 1.0 §5.4). Other claims require no scope.
var claimScopes = map[string]string{
	"name": "profile", "family_name": "profile", "given_name": "profile", "middle_name": "profile", "nickname": "profile",
	"preferred_username": "profile", "profile": "profile", "picture": "profile", "website": "profile", "gender": "profile",
	"birthdate": "profile", "zoneinfo": "profile", "locale": "profile", "updated_at": "profile",
	"email": "email", "email_verified": "email", "address": "address", "phone_number": "phone", "phone_number_verified": "phone",
}

// Visible returns the claims of a user that a client receives: claims that need
// no scope, claims that the scopes release, and claims that the client
// requested by name. If such a request lists values, it releases the claim only
// if the user's value is in the list (§5.5.1).
func Visible(claims map[string]any, scopes []string, requested RequestedClaims) map[string]any {
	seen := map[string]any{}
	for name, v := range claims {
		scope, needsScope := claimScopes[name]
		if !needsScope || slices.Contains(scopes, scope) || requested.accepts(name, v) {
			seen[name] = v
		}
	}
	return seen
}

// accepts reports whether the client has requested the claim called name,
// either without a list of values or with v in the list.
func (a RequestedClaims) accepts(name string, v any) bool {
	values, ok := a[name]
	if !ok || values == nil {
		return ok
	}
	text, err := json.Marshal(v)
	return err == nil && slices.ContainsFunc(values, func(value json.RawMessage) bool { return same(value, text) })
}

func same(a, b json.RawMessage) bool {
	var v, w any
	return json.Unmarshal(a, &v) == nil && json.Unmarshal(b, &w) == nil && reflect.DeepEqual(v, w)
}
