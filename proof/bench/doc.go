// Package bench benchmarks testserver and another mock server. The packages
// below it compare Bearerguard with other ways to verify a token: package rival
// sets them up, the commands compare and behaviour measure them, package
// performance plots the results of compare, and the test of package rivals
// sends them the tokens of apitest.Check. See README.md.
package bench
