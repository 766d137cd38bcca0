// Command behaviour shows what token verifiers do when keys change, when the
// server that publishes the keys fails, and when many forged tokens arrive. It
// runs Bearerguard and other libraries, takes less than two minutes, and prints
// one table.
//
//	go run ./behaviour            # a table for the terminal
//	go run ./behaviour -markdown  # the same for a document
//
// Each library has a file in package rival, which sets it up as its
// documentation recommends for production. The program does not check the
// results of the other libraries. ../README.md explains how to read the table.
package main
