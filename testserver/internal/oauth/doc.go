// Package oauth is the authorization server behind package testserver, as one
// http.Handler without a listener: its endpoints, its grants and the pages that
// lead through them. Package testserver adds the listeners, the options and the
// failing of tests.
//
// What it remembers and what tokens are made of is in the rooms that it imports:
// only what answers a request belongs here.
package oauth
