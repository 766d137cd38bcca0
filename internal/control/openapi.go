package control

import _ "embed"

// OpenAPI describes the control API as an OpenAPI 3.1 document. It is public: it
// says nothing of one server. Do not change the bytes.
//
//go:embed openapi.json
var OpenAPI []byte

// OpenAPIPath is where a server has it.
const OpenAPIPath = "/openapi.json"
