package main

import (
	"context"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
)

// audience is the API that every verifier is told it is.
const audience = "https://api.example.com"

// verifier is what all libraries come down to: nil for a token that it accepts.
type verifier interface {
	Verify(ctx context.Context, token string) error
}

// verify is a verifier that is one function.
type verify func(ctx context.Context, token string) error

func (v verify) Verify(ctx context.Context, token string) error { return v(ctx, token) }

// settings are what a verifier is made from.
type settings struct {
	issuer string // for libraries that discover the key set
	jwks   string // URL of the key set, for those that do not

	// ttl is the age at which a key set is to be renewed; 0 is what the
	// library's documentation has. Some libraries have nothing to set.
	ttl time.Duration

	// client reaches the server and has no timeout: a library that has one by
	// default gets it back with within.
	client *http.Client
}

// within is the client with the timeout that the library's own client has.
func (s settings) within(timeout time.Duration) *http.Client {
	c := *s.client
	c.Timeout = timeout
	return &c
}

// rival is one library, or two that are used together.
type rival struct {
	libraries []library
	// open makes the verifier, which must not live longer than ctx. It may wait
	// and it may fail, if the library does so when a program starts.
	open func(ctx context.Context, s settings) (verifier, error)
}

// library is one Go module by the name that readers know it under.
type library struct{ name, module string }

// rivals are the rows of the table.
func rivals() []rival {
	return []rival{bearerguard(), golangJWT(), goOIDC(), jwx(), auth0v2(), auth0v3()}
}

// String names the libraries with the versions that are linked into this
// program.
func (r rival) String() string {
	info, _ := debug.ReadBuildInfo()
	var names []string
	for _, l := range r.libraries {
		names = append(names, strings.TrimSpace(l.name+" "+versionOf(info, l.module)))
	}
	return strings.Join(names, " + ")
}

// versionOf is "" for a module that is none of the program's or, as this
// repository is here, replaced by a directory.
func versionOf(info *debug.BuildInfo, module string) string {
	if info == nil {
		return ""
	}
	for _, dep := range info.Deps {
		if dep.Path == module && dep.Replace == nil {
			return dep.Version
		}
	}
	return ""
}
