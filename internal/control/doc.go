// Package control holds the wire types of the control API of a test authorization
// server: the bodies of requests and answers, as JSON. [OpenAPI], the text of
// openapi.json, describes every path with its methods, parameters and bodies.
//
// Requests are read strictly: a member that is misspelt and ignored is a test that
// checks nothing. Answers may grow members.
package control
