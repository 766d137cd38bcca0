package pages

import "net/http"

// LoginPage asks for a user name and a password.
type LoginPage struct {
	Form
	ClientName string // client name or ID; "" if unknown
	LoginHint  string // the initial user name
	Users      []User // users that one click signs in without a password; sent as FieldPick
	Error      string // why the last attempt failed
}

// User is the part of a user that the pages show.
type User struct{ Username, Name, Email string } // Name and Email may be ""

// Login writes the sign-in page.
func Login(w http.ResponseWriter, p LoginPage) { write(w, http.StatusOK, "login", anywhere, p) }

// ConsentPage asks the user what a client may do.
type ConsentPage struct {
	Form
	ClientName string // if "", only the ID is shown
	ClientID   string
	User       string
	ReturnTo   string // the URL that the browser is redirected to, "" if none
	UserCode   string // for the user to compare with the code on the device (RFC 8628 §5.4)
	Scopes     []ScopeBox
	Claims     []string // claims requested by name, in addition to the claims of the scopes
	Details    []string // authorization details, never shortened
}

// Consent writes the consent page. The first button, which the Enter key
// activates, is Deny.
func Consent(w http.ResponseWriter, p ConsentPage) { write(w, http.StatusOK, "consent", anywhere, p) }

// DevicePage asks for the code that a device shows (RFC 8628 §3.3).
type DevicePage struct {
	Form
	UserCode string // the initial value; the user must still press the button (RFC 8628 §3.3.1)
	Error    string
}

// Device writes the page that asks for a device code. The form-action of this
// page allows only this server, so the response to the form must not redirect
// to another site.
func Device(w http.ResponseWriter, p DevicePage) { write(w, http.StatusOK, "device", thisServer, p) }
