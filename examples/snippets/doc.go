// Package snippets holds the code of README.md and docs, so that it compiles. A test
// keeps the two equal.
package snippets
