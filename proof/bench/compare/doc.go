// Command compare measures Bearerguard beside raw crypto and the libraries that
// its users would take instead, all in one run, in turns: what the machine does
// besides slows every one of them.
//
//	go run ./compare                                  # a few minutes, prints the tables
//	go run ./compare -page ../../docs/performance.md  # and writes the first into the page
//
// Times are medians over the rounds; a ratio is the median of the ratios within
// each round. Every operation is tried once before it is measured: one that
// accepts a bad token or refuses a good one ends the run.
package main
