package control

import _ "embed"

// OpenAPI describes the control API as an OpenAPI 3.1 document. It is public,
// since it contains nothing about one server. Do not change the bytes.
//
//go:embed openapi.json
var OpenAPI []byte

// OpenAPIPath is its path on a server.
const OpenAPIPath = "/openapi.json"
