// The path differs from the directory, because only packages below testserver may import its settings.
module github.com/bearerguard/bearerguard/testserver/internal/schema

go 1.26.0

replace github.com/bearerguard/bearerguard => ../..

require (
	github.com/bearerguard/bearerguard v0.0.0-00010101000000-000000000000
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.2
)

require (
	github.com/go-jose/go-jose/v4 v4.1.8 // indirect
	golang.org/x/text v0.40.0 // indirect
)
