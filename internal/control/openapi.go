package control

import _ "embed"

// OpenAPI describes the control API as an OpenAPI 3.1 document. It is served
// publicly, because it contains nothing about a particular server. Do not
// change the bytes.
//
//go:embed openapi.json
var OpenAPI []byte

// OpenAPIPath is its path on a server.
const OpenAPIPath = "/openapi.json"
