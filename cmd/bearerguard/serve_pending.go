package main

import (
	"strings"

	"github.com/bearerguard/bearerguard/testserver"
)

// Options that package testserver is about to get. Until then asking for one is
// an error that names it.

func addrOption(string) testserver.Option    { return pending("addr") }
func persistOption(string) testserver.Option { return pending("state") }
func allowRemoteOption() testserver.Option   { return pending("allow-remote") }

func pending(name string) testserver.Option {
	return testserver.ConfigJSON(strings.NewReader(`{"` + name + `":true}`))
}
