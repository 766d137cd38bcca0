// Package schema holds only tests: docs/config.schema.json and the reader of
// configuration files accept the same files, and docs/config.md lists the members
// of the schema. It is a module of its own because of the validator. Its path begins
// with testserver, since only what is named below it may import its settings.
//
// Run it with -count=1: go test does not see that a file of another module has
// changed.
package schema
