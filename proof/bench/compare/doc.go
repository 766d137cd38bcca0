// Command compare measures Bearerguard, raw crypto, and the libraries that
// users could choose instead of Bearerguard. It measures them in turns, in one
// run, so that other load on the machine affects all of them equally.
//
//	go run ./compare                                  # a few minutes, prints the tables
//	go run ./compare -page ../../docs/performance.md  # and writes two of them into the page
//
// A run consists of rounds. Times are medians over the rounds. A ratio is the
// median of the ratios within each round. The last table is an exception: it is
// measured once, and counts the good tokens that were refused. Most operations
// are checked before they are measured. If such a check finds that a bad token
// is accepted or a good one refused, the run ends.
package main
