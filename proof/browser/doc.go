// Package browser contains only tests. They test the pages of the test
// authorization server in a real browser. See README.md.
package browser
