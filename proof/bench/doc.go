// Package bench benchmarks testserver and another mock server. Its subpackages
// compare Bearerguard with other ways to verify a token:
//
//   - rival sets up Bearerguard and the other libraries
//   - the commands ./compare and ./behaviour measure these libraries
//   - performance plots the results of ./compare
//   - the test in rivals sends the tokens of apitest.Check to these libraries
//
// See README.md.
package bench
