package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/middleware"
)

// frameworks has a constructor of the routes for each value of FRAMEWORK.
var frameworks = map[string]func(*middleware.Verifier) http.Handler{
	"echo":  newEcho,
	"echo5": newEcho5,
	"gin":   newGin,
	"http":  newHTTP,
}

type config struct {
	listen   string
	build    func(*middleware.Verifier) http.Handler
	verifier *middleware.Verifier
}

// fromEnv reads the whole environment before it returns an error, so that the error lists every fault.
func fromEnv(getenv func(string) string, log *slog.Logger) (config, error) {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }

	listen := cmp.Or(getenv("LISTEN"), "127.0.0.1:8080")
	if _, _, err := net.SplitHostPort(listen); err != nil {
		fault("LISTEN must be host:port, got %q", listen)
	}

	framework := cmp.Or(getenv("FRAMEWORK"), "http")
	build, ok := frameworks[framework]
	if !ok {
		fault("FRAMEWORK must be one of %s, got %q", names(frameworks), framework)
	}

	var profile middleware.Profile
	switch name := getenv("PROFILE"); name {
	case "":
	case "rfc9068":
		profile = middleware.RFC9068
	default:
		fault("PROFILE must be empty or rfc9068, got %q", name)
	}

	insecureHTTP := getenv("INSECURE_HTTP")
	if insecureHTTP != "" && insecureHTTP != "1" {
		fault("INSECURE_HTTP must be empty or 1, got %q", insecureHTTP)
	}

	audience := getenv("AUDIENCE")
	if audience == "" {
		fault("AUDIENCE is required: the aud of access tokens for this API")
		audience = "missing" // the verifier still checks the issuers, before the program ends
	}
	var issuers []middleware.Issuer
	for url := range strings.SplitSeq(getenv("ISSUER"), ",") {
		issuers = append(issuers, middleware.Issuer{
			URL: strings.TrimSpace(url), InsecureHTTP: insecureHTTP == "1", Profile: profile,
		})
	}
	// An opaque token does not name its issuer, so only one issuer can introspect it.
	first := &issuers[0]
	var err error
	if first.Introspection, err = introspection(getenv, first.URL, first.InsecureHTTP, log); err != nil {
		faults = append(faults, err)
	}
	if getenv("ISSUER") == "" {
		fault("ISSUER is required: the URL of the authorization server, or several separated by commas")
		return config{}, errors.Join(faults...)
	}
	verifier, err := middleware.NewVerifier(middleware.Config{Audience: audience, Issuers: issuers, Logger: log})
	if err != nil {
		faults = append(faults, err)
	}
	return config{listen: listen, build: build, verifier: verifier}, errors.Join(faults...)
}

func names[V any](m map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(m)), ", ")
}
