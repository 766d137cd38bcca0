package pages

import "net/http"

// MessagePage shows a message without a form.
type MessagePage struct {
	Title string
	Text  string
	Code  string // an OAuth error code, "" if the message is not about an error
	Facts []Field
	Help  string // advice for the user
}

// Message writes a page with a message, such as an error that must not be sent
// to a redirect URI.
func Message(w http.ResponseWriter, status int, p MessagePage) {
	write(w, status, "message", nowhere, p)
}

// FormPostPage sends an authorization response to the client in the body of a
// POST (OAuth 2.0 Form Post Response Mode).
type FormPostPage struct {
	RedirectURI string // the registered http or https URI
	Fields      []Field
}

// Field is a name and a value that a page shows or submits.
type Field struct{ Name, Value string }

// FormPost writes a form that a script submits automatically. If scripts are
// disabled, the user must press the button.
func FormPost(w http.ResponseWriter, p FormPostPage) {
	write(w, http.StatusOK, "formpost", anywhere, p)
}
