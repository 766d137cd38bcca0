// Package control defines the wire types of the control API of a test
// authorization server: the JSON bodies of requests and responses. [OpenAPI],
// the content of openapi.json, describes every path with its methods,
// parameters and bodies.
//
// An unknown member in a request is an error. Otherwise, a test with a
// misspelled member could pass without checking anything. Later versions may
// add members to responses.
package control
