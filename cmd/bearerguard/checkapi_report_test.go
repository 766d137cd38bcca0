package main

import (
	"testing"

	"github.com/bearerguard/bearerguard/internal/control"
)

func TestListingOnATerminal(t *testing.T) {
	results := []control.CheckResult{
		{Name: "good-token", OK: true},
		{Name: "expired", Got: "200", Want: "401", Sent: "a token", Why: "RFC 7519 §4.1.4.", Fix: "Compare exp."},
	}
	const want = " \x1b[32m✓\x1b[0m good-token\n \x1b[31m✗\x1b[0m expired\n" +
		"     \x1b[2mgot \x1b[0m 200\n     \x1b[2mwant\x1b[0m 401\n     \x1b[2msent\x1b[0m a token\n" +
		"     \x1b[2mwhy \x1b[0m RFC 7519 §4.1.4.\n     \x1b[2mfix \x1b[0m Compare exp.\n\x1b[31m1 of 2 wrong\x1b[0m\n"
	if got := listing(results, 1, true, true); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := listing(results[:1], 0, true, false), " ✓ good-token\nall 1 right\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
