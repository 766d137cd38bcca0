package pages

import "net/http"

// LogoutPage asks the user whether to sign out.
type LogoutPage struct {
	Form
	ClientID string // the client, "" if unknown
	User     string
	ReturnTo string // the URL that the browser is redirected to, "" if none
}

// Logout writes the sign-out page. The Enter key activates the first button,
// which does not sign the user out.
func Logout(w http.ResponseWriter, p LogoutPage) { write(w, http.StatusOK, "logout", anywhere, p) }
