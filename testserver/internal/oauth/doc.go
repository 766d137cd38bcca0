// Package oauth is the authorization server behind package testserver, as one
// http.Handler without a listener: the endpoints, the grants and the flow of
// the pages. Package testserver adds the listeners, the options and the failing
// of tests.
//
// Only code that answers requests belongs here. State and tokens are in the
// packages that it imports.
package oauth
