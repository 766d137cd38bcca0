// Package bench benchmarks testserver beside another mock server. Below it are
// Bearerguard and other ways to verify a token: package rival sets them up, the
// commands compare and behaviour measure them, package performance draws what
// compare found, and the test of package rivals sends them the tokens of
// apitest.Check. See README.md.
package bench
