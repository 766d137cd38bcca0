// Package schema contains only tests. They check that docs/config.schema.json
// and the reader of configuration files accept the same files, and that
// docs/config.md lists the members of the schema. The package is a separate
// module because it depends on a JSON Schema validator. The path of this module
// is below the path of package testserver, because only such packages may
// import testserver/internal/settings.
//
// Run the tests with -count=1, because go test does not detect changes of files
// in another module.
package schema
