// Package testserver is an OAuth 2.0 authorization server for tests.
package testserver
