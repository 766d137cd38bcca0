package issuers

import (
	"net/http"
	"strings"

	"github.com/bearerguard/bearerguard/middleware"
)

// Kubernetes accepts the tokens of the service accounts of a cluster. issuer
// must equal --service-account-issuer of the API server, byte for byte. It is
// https://kubernetes.default.svc.cluster.local, or a URL of the cloud provider.
// That URL may end with a slash. The pods need a projected volume with a token
// for the audience. client must trust the CA of the cluster and send the bearer
// token of a service account. client may be nil if the issuer is public. Any
// pod can have a token for the audience, so restrict the callers with
// scopes.Claim("sub", "system:serviceaccount:shop:web").
func Kubernetes(issuer string, client *http.Client, audiences ...string) middleware.Issuer {
	f := &faults{function: "Kubernetes"}
	if issuer == "kubernetes/serviceaccount" {
		f.add("issuer is %q: tokens of this issuer do not expire; give the issuer of projected tokens", issuer)
	} else {
		f.base("issuer", issuer)
	}
	if client == nil && strings.Contains(issuer, "//kubernetes.default.svc") {
		f.add("client is nil: give an HTTP client that trusts the CA of the cluster and sends a bearer token, since the API server refuses other requests")
	}
	return f.attach(middleware.Issuer{URL: issuer, Client: client, Audiences: audiences, ClientIDClaims: []string{}})
}
