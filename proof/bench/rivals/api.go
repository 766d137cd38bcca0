package rivals

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/bearerguard/bearerguard/proof/bench"
	"github.com/bearerguard/bearerguard/proof/bench/rival"
)

// scope is the scope that every API requires.
const scope = "orders:read"

// api is an API that is protected by one library or by several libraries
// together.
type api struct {
	Name       string
	modules    []string // empty for this repository
	SetUp      string   // which part of the documentation the set-up follows
	Given      string   // what is configured, and what is missing because the documentation does not mention it
	ownCode    []kind   // kinds of results that depend on code in package rival, not on the library
	protection rival.Protection
}

// kind is the part of an API that determines the result in a row of the table.
type kind int

const (
	verifying kind = iota // checks of the claims and the signature
	carrying              // reading the token from the request
	answering             // the response to a refused request
	scoping               // checks of the scopes
)

const (
	auth0     = "github.com/auth0/go-jwt-middleware/v2"
	auth0v3   = "github.com/auth0/go-jwt-middleware/v3"
	echo      = "github.com/labstack/echo/v4"
	echoJWT   = "github.com/labstack/echo-jwt/v4"
	gin       = "github.com/gin-gonic/gin"
	golangJWT = "github.com/golang-jwt/jwt/v5"
	goOIDC    = "github.com/coreos/go-oidc/v3"
	keyfunc   = "github.com/MicahParks/keyfunc/v3"
)

// apis returns one API for each column of the table. The first API uses
// Bearerguard and is the control.
func apis() []api {
	return []api{
		{
			Name:       "Bearerguard",
			SetUp:      "package comments of `middleware` and `adapters/httpauth`",
			Given:      "issuer, audience, scope",
			protection: rival.HTTPAuth(),
		},
		{
			Name:    "auth0/go-jwt-middleware v2",
			modules: []string{auth0},
			SetUp: source(`README, "Usage"`, auth0, "README.md#usage") + ", with the keys of the folder that it names, " +
				source("http-jwks-example", auth0, "examples/http-jwks-example/main.go"),
			Given:      "issuer, audience, RS256; scope by hand",
			ownCode:    []kind{scoping},
			protection: rival.Auth0v2Middleware(),
		},
		{
			Name:       "auth0/go-jwt-middleware v3",
			modules:    []string{auth0v3},
			SetUp:      source(`README, "Production Example with JWKS and Auth0"`, auth0v3, "README.md"),
			Given:      "issuer, audience, RS256; scope by hand",
			ownCode:    []kind{scoping},
			protection: rival.Auth0v3Middleware(),
		},
		{
			Name:    "coreos/go-oidc",
			modules: []string{goOIDC},
			SetUp: source(`README, "OpenID Connect support for Go"`, goOIDC, "README.md#openid-connect-support-for-go") +
				", which is about ID tokens",
			Given:      "issuer, audience (as ClientID); header, refusals and scope by hand",
			ownCode:    []kind{carrying, answering, scoping},
			protection: rival.ByHand(rival.GoOIDC()),
		},
		{
			Name:    "labstack/echo-jwt with keyfunc",
			modules: []string{keyfunc, golangJWT, echoJWT, echo},
			SetUp: source(`README of echo-jwt, "Usage"`, echoJWT, "README.md#usage") + ", with a KeyFunc as the comment of Config.KeyFunc says: " +
				source(`README of keyfunc, "Basic usage", "Step 1"`, keyfunc, "README.md#basic-usage"),
			Given:      "keys; neither issuer nor audience, which those sections do not have; scope by hand",
			ownCode:    []kind{scoping},
			protection: rival.EchoJWTPlain(),
		},
		{
			Name:       "Gin, golang-jwt and keyfunc",
			modules:    []string{keyfunc, gin, golangJWT},
			SetUp:      source(`README of keyfunc, "Basic usage", "Step 1" and "Step 2"`, keyfunc, "README.md#basic-usage"),
			Given:      "keys; neither issuer nor audience, which those sections do not have; header, refusals and scope by hand",
			ownCode:    []kind{carrying, answering, scoping},
			protection: rival.GinByHand(rival.GolangJWTPlain()),
		},
		{
			Name:    "the same, with parser options",
			modules: []string{keyfunc, gin, golangJWT},
			SetUp: "as before, and WithValidMethods, WithIssuer, WithAudience, WithExpirationRequired, WithIssuedAt and WithStrictDecoding of " +
				source("golang-jwt", golangJWT, "parser_option.go"),
			Given:      "keys, issuer, audience, RS256; header, refusals and scope by hand",
			ownCode:    []kind{carrying, answering, scoping},
			protection: rival.GinByHand(rival.GolangJWTStrict()),
		},
	}
}

// Versions returns the versions of the modules in go.mod.
func (a api) Versions() string {
	if len(a.modules) == 0 {
		return "this repository"
	}
	var found []string
	for _, m := range a.modules {
		found = append(found, strings.TrimPrefix(m, "github.com/")+" "+bench.Version(m))
	}
	return strings.Join(found, ", ")
}

// source returns a link to a file of a module on GitHub, at the version in
// go.mod.
func source(text, module, file string) string {
	repository := majorSuffix.ReplaceAllString(module, "")
	return fmt.Sprintf("[%s](https://%s/blob/%s/%s)", text, repository, bench.Version(module), file)
}

var majorSuffix = regexp.MustCompile(`/v[0-9]+$`)
