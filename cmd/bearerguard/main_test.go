package main

import (
	"net/http"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"bearerguard": main, "browser": browse})
}

// browse opens a page as a browser would that shows nothing.
func browse() {
	resp, err := http.Get(os.Args[1])
	if err != nil {
		os.Exit(1)
	}
	_ = resp.Body.Close()
}
