package control

import _ "embed"

// OpenAPI describes the control API as an OpenAPI 3.1 document. Servers serve
// it without asking for a token, because it contains nothing about a particular
// server. Callers must not change the bytes.
//
//go:embed openapi.json
var OpenAPI []byte

// OpenAPIPath is the path of the OpenAPI document on a server.
const OpenAPIPath = "/openapi.json"
