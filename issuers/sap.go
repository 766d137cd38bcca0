package issuers

import "github.com/bearerguard/bearerguard/middleware"

// XSUAA accepts the access tokens of the service xsuaa of SAP BTP. base is the
// url in the credentials of the service, such as
// https://acme.authentication.eu10.hana.ondemand.com. applications are the
// audiences of the API: its xsappname, such as orders!t1, and its clientid.
// Scopes have the xsappname as prefix (orders!t1.Read). ID tokens are refused
// because they lack ext_attr. Each subscriber has a different issuer: use
// Config.IssuerFor in a multitenant application.
func XSUAA(base string, applications ...string) middleware.Issuer {
	f := &faults{function: "XSUAA"}
	return f.attach(middleware.Issuer{
		URL: f.baseBefore("base", base, "/oauth/token") + "/oauth/token", Audiences: applications,
		Mark: "/ext_attr/enhancer=XSUAA", ClientIDClaims: []string{"client_id", "cid", "azp"},
	})
}

// IAS accepts the access tokens of a tenant of SAP Cloud Identity Services at
// base, such as https://acme.accounts.ondemand.com. clients are the client IDs
// of the API's own application and of the applications that consume its APIs.
// The APIs that the claim ias_apis lists are used as the scopes of the token.
// The server may require the header fields x-client_id and x-app_tid in
// requests for the key set. To send these fields, set Issuer.Client to a client
// that adds them. By default, ID tokens are refused. To accept ID tokens, set
// Issuer.Purpose.
func IAS(base string, clients ...string) middleware.Issuer {
	f := &faults{function: "IAS"}
	return f.attach(middleware.Issuer{
		URL: f.baseBefore("base", base, "/oauth2"), Audiences: clients,
		ScopeClaims: []string{"ias_apis"}, ClientIDClaims: []string{"client_id", "cid", "azp"},
	})
}
