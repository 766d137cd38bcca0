// Behaviour shows what verifiers of tokens do when keys change, when the server
// that has the keys fails, and when forged tokens arrive in numbers:
// Bearerguard beside other libraries, in one table and one run of less than two
// minutes.
//
//	go run ./behaviour            # a table for the terminal
//	go run ./behaviour -markdown  # the same for a document
//
// Each library has a file with its set-up in it, as its documentation has it
// for production. Nothing is asserted about the figures of others. README.md of
// the directory above says how to read the table.
package main
