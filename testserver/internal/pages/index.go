package pages

import "net/http"

// IndexPage is shown to users who open the issuer URL in a browser.
type IndexPage struct {
	Issuer string
	Links  []Link
}

// Link leads to another page or document of the server.
type Link struct{ Name, URL, About string }

// Index writes the index page.
func Index(w http.ResponseWriter, p IndexPage) { write(w, http.StatusOK, "index", nowhere, p) }
