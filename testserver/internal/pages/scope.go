package pages

import "cmp"

// ScopeBox is one scope to grant or not.
type ScopeBox struct {
	Name        string
	Description string // a sentence; "" says that only the API knows
	Checked     bool
}

// sentences explain the scopes of OpenID Connect (Core 1.0 §5.4, §11).
var sentences = map[string]string{
	"openid":         "Know who you are.",
	"profile":        "Read your profile, such as your name.",
	"email":          "Read your email address.",
	"address":        "Read your postal address.",
	"phone":          "Read your phone number.",
	"offline_access": "Keep its access while you are away.",
}

// Scope is the box of a scope, which is explained by descriptions, or by what it
// means in OpenID Connect.
func Scope(name string, descriptions map[string]string) ScopeBox {
	return ScopeBox{Name: name, Checked: true, Description: cmp.Or(descriptions[name], sentences[name])}
}
