// Package bench benchmarks testserver and another mock server. The packages
// below it compare Bearerguard with other ways to verify a token:
//
//   - rival sets these up
//   - the commands ./compare and ./behaviour measure them
//   - performance plots the results of ./compare
//   - the test in rivals sends them the tokens of apitest.Check
//
// See README.md.
package bench
