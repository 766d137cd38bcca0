// Package bench holds no code but benchmarks: testserver beside another mock
// server, and the verifier of Bearerguard beside other ways to verify a token.
// Package behaviour below it is a command. See README.md.
package bench
