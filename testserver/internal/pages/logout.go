package pages

import "net/http"

// LogoutPage asks whether to sign out.
type LogoutPage struct {
	Form
	ClientID string // who asks; "" says nothing about it
	User     string
	ReturnTo string // where the browser goes then, to be read; "" says nothing about it
}

// Logout writes the sign-out page. Its first button changes nothing.
func Logout(w http.ResponseWriter, p LogoutPage) { write(w, http.StatusOK, "logout", anywhere, p) }
