// Package snippets contains Go code of README.md and docs, so that the code is
// compiled. A test compares these documents with the package.
package snippets
