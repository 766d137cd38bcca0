// Package schema contains only tests. They check that docs/config.schema.json
// and the configuration reader accept the same files, apart from a list of
// known differences. They also check that docs/config.md lists the members of
// the schema.
//
// The package is a separate module, because it depends on a JSON Schema
// validator. The module path is below the path of package testserver, so that
// the module may import testserver/internal/settings.
//
// Run the tests with -count=1, because go test does not notice changes to docs,
// which are outside this module.
package schema
