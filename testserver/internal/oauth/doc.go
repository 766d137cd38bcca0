// Package oauth implements the authorization server of package testserver as an
// http.Handler without a listener: the endpoints, the grants and the flow of
// the pages. Package testserver adds the listeners and the options, and reports
// failures to the test.
//
// Only code that responds to requests belongs here. State and tokens are in the
// packages that oauth imports.
package oauth
