package cases

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/proof/forge"
	"github.com/bearerguard/bearerguard/testserver"
)

const (
	resource     = "https://api.example.com/v1"
	metadataPath = "/.well-known/oauth-protected-resource/v1"
	metadataURL  = "https://api.example.com" + metadataPath
)

// newPublished returns a lab whose verifier has two origins: the given resource
// and a different URL. The metadata contains the resource. newPublished also
// returns the verifier's issuers as JSON strings, separated by commas.
func newPublished(t *testing.T, frameworks []Framework, resource string) (l *lab, issuers string) {
	t.Helper()
	as, down := testserver.New(t), testserver.New(t)
	l = &lab{
		tokens: tokens{
			Maker:       forge.Maker{Key: as.SigningKey(), Issuer: as.Issuer(), Audience: audience, Now: time.Now()},
			unreachable: down.Token(),
		},
		log: new(logBuffer),
	}
	if err := down.Close(); err != nil {
		t.Fatal(err)
	}
	var err error
	l.verifier, err = middleware.NewVerifier(middleware.Config{
		Audience: audience, Origins: []string{resource, "https://api.example.net"}, Resource: resource,
		Issuers: []middleware.Issuer{{URL: as.Issuer()}, {URL: down.Issuer()}}, Client: as.Client(), Logger: newLogger(l.log),
		Metadata: middleware.Metadata{Name: "Orders", Scopes: []string{"read", "write"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	l.open(t, frameworks)
	return l, fmt.Sprintf("%q,%q", as.Issuer(), down.Issuer())
}

// hostileFields adds header fields that claim another address for the API.
func hostileFields(r request) request {
	r.host = canary + ".example.com"
	for _, f := range []field{
		{"Origin", "https://" + canary + ".example.com"}, {"Forwarded", "host=" + canary + ".example.com;proto=http"},
		{"X-Forwarded-Host", canary + ".example.com"}, {"X-Forwarded-Proto", "http"}, {"X-Forwarded-Prefix", "/" + canary},
		{"X-Original-Url", "/" + canary}, {"X-Forwarded-Port", "8443"},
	} {
		r = r.with(f.name, f.value)
	}
	return r
}

// metadataIsServedAlike proves that every adapter serves the configured
// metadata, and that no text of a request changes the metadata.
func metadataIsServedAlike(t *testing.T, frameworks []Framework) {
	l, servers := newPublished(t, frameworks, "HTTPS://API.example.com:443/v1") // the resource constant, spelled differently
	document := verdict{
		status: 200, contentType: "application/json", cacheControl: "public, max-age=3600", others: "Accept-Ranges, Access-Control-Allow-Origin, Etag",
		body: fmt.Sprintf(`{"authorization_servers":[%s],"bearer_methods_supported":["header"],"resource":%q,"resource_name":"Orders","scopes_supported":["read","write"]}`,
			servers, resource),
	}
	preflight := verdict{
		status: 204, others: "Access-Control-Allow-Headers, Access-Control-Allow-Methods, Access-Control-Allow-Origin, Access-Control-Max-Age, Allow",
	}
	wrongMethod := verdict{status: 405, others: "Access-Control-Allow-Origin, Allow"}
	etag := l.targets[0].send(t, "GET", at(metadataPath)).header.Get("Etag")
	unchanged := document
	unchanged.status, unchanged.contentType, unchanged.body = 304, "", ""
	unchanged.others = "Access-Control-Allow-Origin, Etag"

	for _, r := range []struct {
		name, method string
		request
		want verdict
	}{
		{"GET", "GET", at(metadataPath), document},
		{"HEAD", "HEAD", at(metadataPath), document.to("HEAD")},
		{"a preflight", "OPTIONS", at(metadataPath).with("Origin", "https://app.example").with("Access-Control-Request-Method", "GET"), preflight},
		{"OPTIONS", "OPTIONS", at(metadataPath), preflight},
		{"POST", "POST", at(metadataPath), wrongMethod},
		{"DELETE", "DELETE", at(metadataPath), wrongMethod},
		{"a token that is not valid changes nothing", "GET", at(metadataPath, "Bearer x"), document},
		{"the document that the client has", "GET", at(metadataPath).with("If-None-Match", etag), unchanged},
		{"the document that the client has, among others", "GET", at(metadataPath).with("If-None-Match", `"x", W/`+etag), unchanged},
		{"another document than the client has", "GET", at(metadataPath).with("If-None-Match", `"x"`), document},
		{"hostile fields change nothing", "GET", hostileFields(at(metadataPath)), document},
		{"a query changes nothing", "GET", at(metadataPath + "?resource=https://" + canary), document},
	} {
		t.Run("E07/"+r.name, func(t *testing.T) {
			for _, target := range l.targets {
				a := target.send(t, r.method, r.request)
				if got, err := a.verdict(); err != nil || got != r.want {
					t.Errorf("%s:\ngot  %+v, %v\nwant %+v", target.name, got, err, r.want)
				}
				if got := a.header.Get("Access-Control-Allow-Origin"); got != "*" {
					t.Errorf("%s: got the allowed origin %q, want *", target.name, got)
				}
				if strings.Contains(string(a.raw), canary) {
					t.Errorf("%s: the answer contains text from the request: %q", target.name, a.raw)
				}
			}
		})
	}
	for _, path := range []string{
		"/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/", metadataPath + "/", metadataPath + "/x",
		"/.well-known/oauth-protected-resource/V1", "/v1/.well-known/oauth-protected-resource", "/x" + metadataPath,
	} {
		t.Run("E07/another path: "+path, func(t *testing.T) {
			for _, target := range l.targets {
				if a := target.send(t, "GET", at(path)); a.status == http.StatusOK || strings.Contains(string(a.raw), `"resource"`) {
					t.Errorf("%s: got %d and %q, want no metadata", target.name, a.status, a.raw)
				}
			}
		})
	}
}

// aSlashAtTheEndOfAPathIsKept configures a Resource that ends in a slash. The
// metadata must be served only at the path that also ends in a slash.
func aSlashAtTheEndOfAPathIsKept(t *testing.T, frameworks []Framework) {
	l, _ := newPublished(t, frameworks, resource+"/")
	for path, want := range map[string]bool{metadataPath + "/": true, metadataPath: false, metadataPath + "/x": false, metadataPath + "/{$}": false} {
		t.Run("E07/"+path, func(t *testing.T) {
			for _, target := range l.targets {
				if a := target.send(t, "GET", at(path)); (a.status == http.StatusOK) != want {
					t.Errorf("%s: got status %d; want the metadata: %v", target.name, a.status, want)
				}
			}
		})
	}
}

// everyChallengePointsToTheMetadata proves that every challenge contains the
// same metadata URL, and that 500 and 503 have no challenge.
func everyChallengePointsToTheMetadata(t *testing.T, frameworks []Framework) {
	l, _ := newPublished(t, frameworks, resource)
	good := "Bearer " + l.Good()
	for _, r := range []struct {
		name string
		request
		want verdict
	}{
		{"400 for two tokens", at("/read", good, good), twoTokens},
		{"400 for a malformed request", at("/read", "Bearer"), malformed},
		{"401 without a token", at("/read"), noAuth("read")},
		{"401 for a token that is not valid", at("/read", "Bearer x"), badToken("token is not valid")},
		{"401 for an acr that is too weak", at("/strong", good), tooWeak(param{"acr_values", "urn:example:mfa urn:example:hwk"})},
		{"403 for a missing scope", at("/nested/route", good), lacking("read write")},
		{"403 of a handler that checks a scope", at("/checked", good), lacking("write")},
		{"503 has no challenge", at("/read", "Bearer "+l.unreachable), unavailable},
		{"500 has no challenge", at("/failed", good), internal},
	} {
		if r.want.challenge != "" {
			r.want.challenge += fmt.Sprintf(" resource_metadata=%q", metadataURL)
		}
		t.Run("E08/"+r.name, func(t *testing.T) {
			for _, target := range l.targets {
				target.check(t, "GET", row{request: r.request, want: r.want})
				target.check(t, "GET", row{request: hostileFields(r.request), want: r.want})
			}
		})
	}
}
