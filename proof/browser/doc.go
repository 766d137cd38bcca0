// Package browser holds no code but tests: the pages of the test authorization server as a real browser shows, sends
// and redirects them. See README.md.
package browser
