// Package performance reads the table of docs/performance.md, which command
// compare writes, and draws it. Its test keeps docs/images/performance.svg
// equal to the table:
//
//	go test -count=1 ./performance            # does the plot show the table?
//	go test -count=1 ./performance -update    # draw it, without measuring
package performance
