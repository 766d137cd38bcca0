// Package control defines the wire types of the control API of a test
// authorization server: the bodies of requests and answers, as JSON. [OpenAPI],
// the text of openapi.json, describes every path with its methods, parameters
// and bodies.
//
// Requests are read strictly: if a misspelt member were ignored, a test would
// check nothing. Answers may gain members.
package control
