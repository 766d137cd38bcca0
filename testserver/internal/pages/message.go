package pages

import "net/http"

// MessagePage says something, where nothing is left to do.
type MessagePage struct {
	Title string
	Text  string
	Code  string // an OAuth error code, shown as such; "" for good news
	Facts []Field
	Help  string // what to do about it
}

// Message writes a page that says one thing: an error that must not go to a
// redirect URI, or that the window can be closed.
func Message(w http.ResponseWriter, status int, p MessagePage) {
	write(w, status, "message", nowhere, p)
}

// FormPostPage brings an authorization response to the client in the body of a
// POST (OAuth 2.0 Form Post Response Mode).
type FormPostPage struct {
	RedirectURI string // http or https, as registered; nothing else can be posted to
	Fields      []Field
}

// Field is a parameter of the response.
type Field struct{ Name, Value string }

// FormPost writes a form that sends itself, or waits for its button where there
// is no script.
func FormPost(w http.ResponseWriter, p FormPostPage) {
	write(w, http.StatusOK, "formpost", anywhere, p)
}
