// Package snippets contains the code in README.md and docs, so that it is
// compiled. A test compares the two.
package snippets
