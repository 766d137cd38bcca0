package settings

import "github.com/bearerguard/bearerguard/internal/catalogue"

// These are the allowed values of settings, spelled as in the protocol.
var (
	algs        = catalogue.Algs
	formats     = []string{"jwt", "opaque"}
	grants      = catalogue.Grants
	authMethods = catalogue.AuthMethods
	keyTypes    = []string{"EC", "RSA", "OKP", "oct"}

	endpoints      = catalogue.Disableable()
	faultEndpoints = append(catalogue.Endpoints(), catalogue.Any) // includes the endpoints of HTML pages; catalogue.Any means all requests

	privateMembers = catalogue.PrivateMembers
)
