package settings

import "github.com/bearerguard/bearerguard/internal/catalogue"

// The allowed values, spelled as in the protocol.
var (
	algs        = catalogue.Algs
	formats     = []string{"jwt", "opaque"}
	grants      = catalogue.Grants
	authMethods = catalogue.AuthMethods
	keyTypes    = []string{"EC", "RSA", "OKP", "oct"}

	endpoints      = catalogue.Disableable()
	faultEndpoints = append(catalogue.Endpoints(), catalogue.Any) // Any: the HTML pages can fail too

	// The members that only private and symmetric keys have (RFC 7518 §6).
	privateMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
)
