package pages

import "net/http"

// LoginPage asks who is there.
type LoginPage struct {
	Form
	ClientName string   // who asks; "" says nothing about it
	LoginHint  string   // the user name to begin with
	Users      []Person // offered for a click without a password, as FieldPick
	Error      string   // why the last attempt failed
}

// Person is a user who can be picked.
type Person struct{ Username, Name, Email string } // the latter may be ""

// Login writes the sign-in page.
func Login(w http.ResponseWriter, p LoginPage) { write(w, http.StatusOK, "login", anywhere, p) }

// ConsentPage asks what a client may do.
type ConsentPage struct {
	Form
	ClientName string // "" shows only the ID
	ClientID   string
	User       string
	ReturnTo   string // the URL where the browser goes next; "" says nothing about it
	UserCode   string // of a device, to be compared with it (RFC 8628 §5.4)
	Scopes     []ScopeBox
	Claims     []string // requested by name, beside those of the scopes
	Details    []string // what else Allow allows, in whole: nothing of it is cut
}

// Consent writes the consent page. Its first button, the one that Enter
// presses, is Deny.
func Consent(w http.ResponseWriter, p ConsentPage) { write(w, http.StatusOK, "consent", anywhere, p) }

// DevicePage asks for the code that a device shows (RFC 8628 §3.3).
type DevicePage struct {
	Form
	UserCode string // to begin with; a person still has to press the button (RFC 8628 §3.3.1)
	Error    string
}

// Device writes the device code page. What its form leads to must be a page of
// this server.
func Device(w http.ResponseWriter, p DevicePage) { write(w, http.StatusOK, "device", thisServer, p) }
