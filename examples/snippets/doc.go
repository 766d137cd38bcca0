// Package snippets contains the code in README.md and docs, so that the code is
// compiled. A test compares the package with these documents.
package snippets
