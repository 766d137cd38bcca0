// Package control defines the wire types of the control API of a test
// authorization server: the JSON bodies of requests and responses. [OpenAPI],
// the content of openapi.json, describes every path with its methods,
// parameters and bodies.
//
// Requests are read strictly: an unknown member is an error. If a misspelt
// member were ignored, a test could pass without checking anything. Later
// versions may add members to responses.
package control
