package main

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/bearerguard/bearerguard/proof/program"
)

// Two runs of record, one after the other, write the same output.
func TestARecordIsTheSameEachTime(t *testing.T) {
	file, err := program.Build(t.Context(), filepath.Join("..", ".."), "./cmd/bearerguard", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var first, second bytes.Buffer
	n, err := record(t.Context(), file, &first)
	if err != nil || n < 200 {
		t.Fatalf("got %d answers and %v, want 200 or more", n, err)
	}
	for range 3 { // tries again: on a busy machine, a request can be answered in a later second of the clock, and then the records differ
		second.Reset()
		if _, err := record(t.Context(), file, &second); err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(first.Bytes(), second.Bytes()) {
			break
		}
		first, second = second, first
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("got different output in each of the runs, want the same output twice in a row")
	}
	for _, status := range []string{"200 OK", "201 Created", "302 Found", "400 Bad Request", "401 Unauthorized", "404 Not Found", "405 Method Not Allowed"} {
		if !bytes.Contains(first.Bytes(), []byte("\n"+status+"\n")) {
			t.Errorf("got no answer with status %s", status)
		}
	}
}
