package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"bearerguard": main, "browser": browse, "insecure-api": serveInsecureAPI, "bound-api": serveBoundAPI, "get": browse})
}

// serveInsecureAPI serves an API that trusts $OAUTH_ISSUER and accepts every
// audience.
func serveInsecureAPI() {
	api, err := insecureAPI(os.Getenv("OAUTH_ISSUER"))
	if err == nil {
		err = http.ListenAndServe(os.Getenv("LISTEN"), api)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// browse fetches a page and prints it.
func browse() {
	resp, err := http.Get(os.Args[1])
	if err != nil {
		os.Exit(1)
	}
	_, _ = io.Copy(os.Stdout, resp.Body)
	_ = resp.Body.Close()
}
