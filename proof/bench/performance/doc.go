// Package performance reads the table in docs/performance.md, which command
// compare writes, and plots it. The test of the package checks that
// docs/images/performance.svg shows the table:
//
//	go test -count=1 ./performance            # checks the plot
//	go test -count=1 ./performance -update    # draws the plot, without measuring
package performance
