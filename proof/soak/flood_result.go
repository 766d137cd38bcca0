package main

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"
)

// heapLimit is the maximum growth of the heap during a flood, in bytes.
const heapLimit = 16 << 20

// floodResult is the result of a flood.
type floodResult struct {
	name          string
	tokens        int
	took          time.Duration
	accepted      int
	otherRefusals int  // tokens that did not reach the targeted check
	serves        bool // a good token is accepted after the flood
	fetches       int  // fetches of the key set
	allowed       int
	heap          [2]uint64 // [0] before and [1] after the flood, as in the next two fields
	goroutines    [2]int
	descriptors   [2]int // 0 if the system does not report the number
}

func (f *floodResult) print(out io.Writer) {
	t := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(t, name+"\t"+format+"\n", args...) }
	row("time", "%v, %v a token", f.took.Round(time.Millisecond), round(f.took/time.Duration(f.tokens)))
	row("accepted", "%d", f.accepted)
	row("upstream fetches", "%d of %d allowed", f.fetches, f.allowed)
	row("heap", "%s of %s allowed", growth(f.heap[0], f.heap[1]), mib(heapLimit))
	row("goroutines", "%d before, %d after", f.goroutines[0], f.goroutines[1])
	row("descriptors", "%d before, %d after", f.descriptors[0], f.descriptors[1])
	_ = t.Flush()
}

// failures returns a line for each exceeded limit.
func (f *floodResult) failures() (list []string) {
	for _, limit := range []struct {
		exceeded bool
		what     string
	}{
		{f.accepted > 0, fmt.Sprintf("%d tokens were accepted", f.accepted)},
		{f.otherRefusals > 0, fmt.Sprintf("%d tokens were refused for another reason", f.otherRefusals)},
		{!f.serves, "a good token is refused afterwards"},
		{f.fetches > f.allowed, fmt.Sprintf("%d upstream fetches, want at most %d", f.fetches, f.allowed)},
		{f.heap[1] > f.heap[0]+heapLimit, fmt.Sprintf("the heap grew by %s, want at most %s", growth(f.heap[0], f.heap[1]), mib(heapLimit))},
		{f.goroutines[1] > f.goroutines[0], fmt.Sprintf("%d goroutines leaked", f.goroutines[1]-f.goroutines[0])},
		{f.descriptors[1] > f.descriptors[0], fmt.Sprintf("%d descriptors stayed open", f.descriptors[1]-f.descriptors[0])},
	} {
		if limit.exceeded {
			list = append(list, "flood of "+f.name+": "+limit.what)
		}
	}
	return list
}

// descriptors counts the open files of the process.
func descriptors() int {
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(open)
}
