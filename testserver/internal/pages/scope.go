package pages

import "cmp"

// ScopeBox is a scope with a checkbox.
type ScopeBox struct {
	Name        string
	Description string // a sentence, "" if unknown
	Checked     bool
}

// sentences contains the default descriptions of the OpenID Connect scopes
// (Core 1.0 §5.4, §11).
var sentences = map[string]string{
	"openid":         "Know who you are.",
	"profile":        "Read your profile, such as your name.",
	"email":          "Read your email address.",
	"address":        "Read your postal address.",
	"phone":          "Read your phone number.",
	"offline_access": "Keep its access while you are away.",
}

// Scope returns a checked checkbox for a scope. The description is taken from
// the map descriptions. An OpenID Connect scope that is missing from this map
// gets a default description.
func Scope(name string, descriptions map[string]string) ScopeBox {
	return ScopeBox{Name: name, Checked: true, Description: cmp.Or(descriptions[name], sentences[name])}
}
