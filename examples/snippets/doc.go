// Package snippets holds the code of README.md, so that it compiles. A test
// keeps the two equal.
package snippets
