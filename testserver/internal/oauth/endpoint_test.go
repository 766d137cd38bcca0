package oauth_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/oauth"
)

// everything changes a configuration so that it enables all endpoints.
func everything(c *oauth.Config) { c.Interactive, c.Registration = true, true }

// without returns a function that changes a configuration so that it disables
// the endpoint of r.
func without(r catalogue.Route) func(*oauth.Config) {
	return func(c *oauth.Config) {
		switch {
		case r.Option == "interactive":
			c.Interactive = false
		case r.Option == "registration":
			c.Registration = false
		case r.Kind == catalogue.ForUsers:
			c.Disabled = r.Needs // a page is served only if one of these endpoints is served
		default:
			c.Disabled = []catalogue.Endpoint{r.Endpoint}
		}
	}
}

func TestEachEndpointAnswersIfItIsServed(t *testing.T) {
	full := newServer(t, everything)
	for _, route := range catalogue.Routes {
		t.Run(string(route.Endpoint), func(t *testing.T) {
			u, ok := full.URL(route.Endpoint)
			if !ok {
				t.Fatal("got no URL for an endpoint that is served, want one")
			}
			less := newServer(t, everything, without(route))
			if got, ok := less.URL(route.Endpoint); ok {
				t.Errorf("got the URL %s for an endpoint that is not served, want none", got)
			}
			for _, method := range route.Methods {
				if got := full.send(method, u, "").Code; got == http.StatusNotFound || got == http.StatusMethodNotAllowed {
					t.Errorf("%s: got %d for an endpoint that is served, want neither 404 nor 405", method, got)
				}
				if got := less.send(method, u, "").Code; got != http.StatusNotFound {
					t.Errorf("%s: got %d for an endpoint that is not served, want 404", method, got)
				}
			}
			for _, path := range []string{u + "/", u + "x", strings.ToUpper(u)} {
				if got := full.send(route.Methods[0], path, "").Code; got != http.StatusNotFound {
					t.Errorf("%s: got %d, want 404", path, got)
				}
			}
		})
	}
}

func TestWrongMethodsAreAnsweredWithAllow(t *testing.T) {
	s := newServer(t, everything)
	for _, route := range catalogue.Routes {
		u, _ := s.URL(route.Endpoint)
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "post", "BREW"} {
			if slices.Contains(route.Methods, method) {
				continue
			}
			rec := s.send(method, u, "")
			if got, want := rec.Header().Get("Allow"), strings.Join(route.Methods, ", "); rec.Code != http.StatusMethodNotAllowed || got != want {
				t.Errorf("%s %s: got %d, Allow %q, want 405 and %q", method, route.Endpoint, rec.Code, got, want)
			}
		}
		if slices.Contains(route.Methods, "POST") { // responses to forms must not be cached
			if got := s.send(route.Methods[0], u, "").Header().Get("Cache-Control"); got != "no-store" {
				t.Errorf("%s: got Cache-Control %q, want no-store", route.Endpoint, got)
			}
		}
	}
}

func TestMetadataIsServedBeforeAndAfterTheIssuersPath(t *testing.T) {
	s := newServer(t, everything)
	documents := map[catalogue.Endpoint][]string{}
	for _, route := range catalogue.Routes {
		if route.Kind != catalogue.WellKnown {
			continue
		}
		for _, u := range []string{issuer + route.Path, "https://issuer.example" + route.Path + "/tenant"} {
			rec := s.send("GET", u, "")
			doc := read(t, rec)
			if rec.Code != http.StatusOK || doc.get("issuer") != issuer {
				t.Errorf("%s: got %d %s, want the metadata", u, rec.Code, doc.text)
			}
			documents[route.Endpoint] = append(documents[route.Endpoint], doc.text)
			for _, named := range catalogue.Routes {
				if want, _ := s.URL(named.Endpoint); named.Member != "" && doc.get(named.Member) != want {
					t.Errorf("%s: got %s %q, want %q", u, named.Member, doc.get(named.Member), want)
				}
			}
		}
		if head := s.send("HEAD", issuer+route.Path, ""); head.Code != http.StatusOK || head.Body.Len() != 0 {
			t.Errorf("%s: got %d and %d bytes for HEAD, want 200 and 0 bytes", route.Endpoint, head.Code, head.Body.Len())
		}
	}
	for ep, texts := range documents {
		if texts[0] != texts[1] {
			t.Errorf("%s: got %q, want the same document at both URLs", ep, texts)
		}
	}
}

func TestMetadataOmitsEndpointsThatAreNotServed(t *testing.T) {
	for _, route := range catalogue.Routes {
		if route.Member == "" {
			continue
		}
		s := newServer(t, everything, without(route))
		if doc := read(t, s.send("GET", issuer+"/.well-known/openid-configuration", "")); doc.body[route.Member] != nil {
			t.Errorf("%s: got the URL %v in the metadata, want no such member", route.Endpoint, doc.body[route.Member])
		}
	}
}

func TestRequestsAreRecordedWithTheirEndpoint(t *testing.T) {
	s := newServer(t, everything)
	for _, route := range catalogue.Routes {
		u, _ := s.URL(route.Endpoint)
		rec := s.send(route.Methods[0], u, "")
		list := s.Journal.Requests()
		if last := list[len(list)-1]; last.Endpoint != route.Endpoint || last.Method != route.Methods[0] || last.Status != rec.Code || !last.Time.Equal(noon) {
			t.Errorf("got the recorded request %+v, want %s %s with the status %d", last, route.Methods[0], route.Endpoint, rec.Code)
		}
	}
	s.send("GET", issuer+"/nowhere", "")
	if list := s.Journal.Requests(); list[len(list)-1].Endpoint != catalogue.Any || list[len(list)-1].Status != http.StatusNotFound {
		t.Errorf("got the recorded request %+v, want status 404 and no endpoint", list[len(list)-1])
	}
}
