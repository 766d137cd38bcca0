package pages

import "cmp"

// ScopeBox is a scope with a checkbox.
type ScopeBox struct {
	Name        string
	Description string // a sentence, "" if unknown
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

// Scope returns the checkbox for a scope. Its description comes from
// descriptions. If the scope is not in descriptions but is a scope of OpenID
// Connect, a default text is used.
func Scope(name string, descriptions map[string]string) ScopeBox {
	return ScopeBox{Name: name, Checked: true, Description: cmp.Or(descriptions[name], sentences[name])}
}
