package settings

import "github.com/bearerguard/bearerguard/internal/catalogue"

// The names that values are chosen from, as they are in the protocol
// and in package testserver.
var (
	algs        = catalogue.Algorithms
	formats     = []string{"jwt", "opaque"}
	grants      = catalogue.Grants
	authMethods = catalogue.AuthMethods
	keyTypes    = []string{"EC", "RSA", "OKP", "oct"}

	endpoints      = catalogue.DisableableNames()
	faultEndpoints = catalogue.EndpointNames() // pages can fail alone

	// What a redirect must never lead to: a browser runs or shows it.
	noPlaces = []string{"javascript", "data", "vbscript", "file", "blob", "about"}
	// The members of private and symmetric keys (RFC 7518 §6).
	privateMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
)
