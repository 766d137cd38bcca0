package doctor_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// at returns a wrapper for a handler. The wrapper calls change for requests
// below the given path, and the handler for all other requests.
func at(path string, change func(w http.ResponseWriter, r *http.Request, next http.Handler)) func(next http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, path) {
				change(w, r, next)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

func text(contentType, body string) func(w http.ResponseWriter, r *http.Request, next http.Handler) {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Access-Control-Allow-Origin", "*")
		_, _ = io.WriteString(w, body)
	}
}

func status(code int) func(w http.ResponseWriter, r *http.Request, next http.Handler) {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Location", "/login")
		w.WriteHeader(code)
	}
}

// derive returns the handler of a careless API. It builds all URLs except
// authorization_servers from a field of the request.
func derive(a *api, field func(r *http.Request) string) func(w http.ResponseWriter, r *http.Request, next http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		base := a.base
		if host := field(r); host != "" {
			base = "https://" + host
		}
		careless := newAPI(base)
		careless.members["authorization_servers"] = a.members["authorization_servers"]
		careless.answer(w, r)
	}
}

func TestWhatIsWrongIsFound(t *testing.T) {
	const base = "https://api.example.com"
	for _, tt := range []struct {
		name   string
		change func(a *api)
		want   []string
	}{
		{"the API redirects to a login page", func(a *api) { a.serve = at("/v1", status(302)) }, []string{
			"failed status: the API redirects", "failed challenge: the challenge is missing", "failed pointer: no challenge has resource_metadata",
		}},
		{"the route is public", func(a *api) { a.serve = at("/v1", status(204)) }, []string{
			"failed status: the route needs no token", "failed challenge: the challenge is missing", "failed pointer: no challenge has resource_metadata",
		}},
		{"the route does not exist", func(a *api) { a.serve = at("/v1", status(404)) }, []string{"failed status: the route does not answer GET with 401"}},
		{"the route accepts only POST, and nothing has metadata", func(a *api) {
			a.places, a.serve = nil, at("/v1", status(405))
		}, []string{"failed status: the route does not answer GET with 401"}},
		{"the API answers with 403", func(a *api) { a.serve = at("/v1", status(403)) }, []string{
			"failed status: a request without a token is not answered with 401", "failed challenge: the challenge is missing", "failed pointer: no challenge has resource_metadata",
		}},
		{"the challenge is of another scheme", func(a *api) { a.challenge = []string{`Basic realm="api"`} }, []string{
			"failed challenge: no challenge asks for an access token", "failed pointer: no challenge has resource_metadata",
		}},
		{"the challenge cannot be parsed", func(a *api) { a.challenge = []string{`Bearer realm="api" resource_metadata=` + base + wellKnown} }, []string{
			"failed challenge: the challenge cannot be parsed", "failed pointer: no challenge has resource_metadata",
		}},
		{"the challenge has no resource_metadata", func(a *api) { a.challenge = []string{"Bearer"} }, []string{
			"failed pointer: no challenge has resource_metadata",
		}},
		{"resource_metadata is relative", func(a *api) { a.challenge = []string{`Bearer resource_metadata="` + wellKnown + `/v1"`} }, []string{
			"failed pointer: resource_metadata is not an absolute URL",
		}},
		{"resource_metadata is http", func(a *api) {
			a.challenge = []string{`Bearer resource_metadata="http://api.example.com` + wellKnown + `/v1"`}
		}, []string{"failed pointer: resource_metadata is not https"}},
		{"resource_metadata of an https API is on loopback", func(a *api) {
			a.challenge = []string{`Bearer resource_metadata="http://localhost` + wellKnown + `/v1"`}
		}, []string{"failed pointer: resource_metadata is on the client's own machine or link"}},
		{"resource_metadata of an https API is on loopback with https", func(a *api) {
			a.challenge = []string{`Bearer resource_metadata="https://localhost` + wellKnown + `/v1"`}
		}, []string{"failed pointer: resource_metadata is on the client's own machine or link"}},
		{"resource_metadata is on another host", func(a *api) {
			a.challenge = []string{`Bearer resource_metadata="https://other.example.com` + wellKnown + `/v1"`}
		}, []string{"warned pointer: the challenge names metadata of another host than the URL that was requested", "failed metadata: no answer"}},
		{"resource_metadata is on another port", func(a *api) {
			a.challenge = []string{`Bearer resource_metadata="https://api.example.com:8443` + wellKnown + `/v1"`}
		}, []string{"warned pointer: the challenge names metadata of another host than the URL that was requested", "failed metadata: no answer"}},
		{"two challenges name two documents", func(a *api) {
			a.challenge = append(a.challenge, `DPoP resource_metadata="`+base+wellKnown+`/v2"`)
		}, []string{"failed pointer: the challenges have different values of resource_metadata"}},
		{"the metadata is missing", func(a *api) { a.places = nil }, []string{"failed metadata: the metadata is missing"}},
		{"the metadata needs a token", func(a *api) { a.serve = at(wellKnown, status(401)) }, []string{"failed metadata: the metadata requires a token"}},
		{"the metadata redirects", func(a *api) { a.serve = at(wellKnown, status(302)) }, []string{"failed metadata: the metadata is a redirect"}},
		{"the metadata is a web page", func(a *api) { a.serve = at(wellKnown, text("text/html", "<p>")) }, []string{"failed metadata: the metadata has another content type"}},
		{"the metadata is an array", func(a *api) { a.serve = at(wellKnown, text("application/json", "[]")) }, []string{
			"failed metadata: the metadata is not a JSON object, or it contains the same member twice",
		}},
		{"the metadata has a member twice", func(a *api) {
			a.serve = at(wellKnown, text("application/json", `{"resource":"a","resource":"b"}`))
		}, []string{"failed metadata: the metadata is not a JSON object, or it contains the same member twice"}},
		{"a list is a text", func(a *api) { a.members["authorization_servers"] = base + "/as" }, []string{
			"failed metadata: authorization_servers has the wrong type",
		}},
		{"the metadata is larger than 256 KiB", func(a *api) { a.members["x"] = strings.Repeat("x", 256<<10) }, []string{
			"failed metadata: the metadata is larger than 256 KiB",
		}},
		{"resource is missing", func(a *api) { delete(a.members, "resource") }, []string{"failed resource: resource is missing"}},
		{"resource is not a URL", func(a *api) { a.members["resource"] = "orders-api" }, []string{
			"failed resource: resource must be an absolute URL with a host, and must not contain user information or a fragment",
		}},
		{"resource is http", func(a *api) { a.members["resource"] = "http://api.example.com/v1" }, []string{"failed resource: resource is not https"}},
		{"the resource is on another host", func(a *api) { a.members["resource"] = "https://other.example.com/v1" }, []string{"failed match: the resource is on another host"}},
		{"the resource has another port", func(a *api) { a.members["resource"] = base + ":8443/v1" }, []string{"failed match: the resource has another port"}},
		{"the host of the resource is in upper case", func(a *api) { a.members["resource"] = "https://API.example.com/v1" }, []string{
			"failed match: the scheme, host or port of the resource is spelled differently",
		}},
		{"the scheme of the resource is in upper case", func(a *api) { a.members["resource"] = "HTTPS://api.example.com/v1" }, []string{
			"failed match: the scheme, host or port of the resource is spelled differently",
		}},
		{"the resource has the default port", func(a *api) { a.members["resource"] = base + ":443/v1" }, []string{
			"failed match: the scheme, host or port of the resource is spelled differently",
		}},
		{"the resource has another path", func(a *api) {
			a.members["resource"], a.places = base+"/v", append(a.places, wellKnown+"/v")
		}, []string{"failed match: the resource has another path"}},
		{"the resource ends with a slash", func(a *api) {
			a.members["resource"], a.places = base+"/v1/", append(a.places, wellKnown+"/v1/")
		}, []string{"failed match: the resource ends with a slash, and the URL does not"}},
		{"the challenge drops the path", func(a *api) {
			a.places, a.challenge = append(a.places, wellKnown), []string{`Bearer resource_metadata="` + base + wellKnown + `"`}
		}, []string{"failed location: the challenge names the well-known URL of the host, not that of the resource"}},
		{"the metadata is only at the root", func(a *api) {
			a.places, a.challenge = []string{wellKnown}, []string{`Bearer resource_metadata="` + base + wellKnown + `"`}
		}, []string{"failed location: the URL of the metadata lacks the path of the resource"}},
		{"the challenge drops the path, and nothing is there", func(a *api) {
			a.challenge = []string{`Bearer resource_metadata="` + base + wellKnown + `"`}
		}, []string{"failed metadata: the metadata is missing"}},
		{"the metadata is only at a URL of its own", func(a *api) {
			a.places, a.challenge = []string{"/prm"}, []string{`Bearer resource_metadata="` + base + `/prm"`}
		}, []string{"failed location: the metadata is missing at the well-known URL of the resource"}},
		{"two places have different metadata", func(a *api) {
			a.challenge = []string{`Bearer resource_metadata="` + base + `/prm"`}
			a.serve = at("/prm", text("application/json", `{"resource":"`+base+`/v1","authorization_servers":["`+base+`/as"]}`))
		}, []string{"failed location: the metadata at two URLs differs"}},
		{"the root has the metadata of another resource", func(a *api) {
			a.serve = func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == wellKnown {
						text("application/json", `{"resource":"`+base+`/v2"}`)(w, r, nil)
						return
					}
					next.ServeHTTP(w, r)
				})
			}
		}, []string{"warned root location: the metadata at this URL describes another resource"}},
		{"URLs follow the Host field", func(a *api) {
			a.serve = at("", derive(a, func(r *http.Request) string { return r.Host }))
		}, []string{"failed host: the answers depend on header fields that anybody can send"}},
		{"URLs follow X-Forwarded-Host", func(a *api) {
			a.serve = at("", derive(a, func(r *http.Request) string { return r.Header.Get("X-Forwarded-Host") }))
		}, []string{"failed host: the answers depend on header fields that anybody can send"}},
		{"only the challenge follows Forwarded", func(a *api) {
			a.serve = at("/v1", derive(a, func(r *http.Request) string { return strings.TrimPrefix(r.Header.Get("Forwarded"), "host=") }))
		}, []string{"failed host: the answers depend on header fields that anybody can send"}},
		{"HEAD is not allowed", func(a *api) {
			a.serve = at(wellKnown, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				if r.Method == "HEAD" {
					w.WriteHeader(http.StatusMethodNotAllowed)
					return
				}
				next.ServeHTTP(w, r)
			})
		}, []string{"warned head: the answer to HEAD differs from the answer to GET"}},
		{"scripts of other origins cannot read", func(a *api) {
			a.serve = at(wellKnown, func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
				if r.URL.Path == wellKnown+"/v1" {
					writeJSON(w, a.members)
				} else {
					http.NotFound(w, r)
				}
			})
		}, []string{"warned cors: scripts in browsers cannot read the metadata"}},
		{"the challenge has another scope", func(a *api) { a.members["scopes_supported"] = []string{"write"} }, []string{
			"warned scopes: the challenge wants scopes that scopes_supported lacks",
		}},
		{"tokens are taken from the query", func(a *api) { a.members["bearer_methods_supported"] = []string{"header", "query"} }, []string{
			"failed methods: the API accepts tokens in the query of URLs",
		}},
		{"authorization_servers is missing", func(a *api) { delete(a.members, "authorization_servers") }, []string{
			"failed servers: authorization_servers is missing or empty",
		}},
		{"authorization_servers has a discovery URL", func(a *api) {
			a.members["authorization_servers"] = []string{base + "/as/.well-known/openid-configuration"}
		}, []string{"failed servers: authorization_servers contains the URL of a metadata document instead of an issuer"}},
		{"resource is on loopback", func(a *api) { a.members["resource"] = "https://[::1]/v1" }, []string{"failed resource: resource is on the client's own machine or link"}},
		{"authorization_servers has a URL with a query", func(a *api) { a.members["authorization_servers"] = []string{base + "/as?a=b"} }, []string{
			"failed servers: authorization_servers contains a value that is not an issuer: an issuer is an https URL and has neither a query nor a fragment",
		}},
		{"authorization_servers has an http URL", func(a *api) { a.members["authorization_servers"] = []string{"http://api.example.com/as"} }, []string{
			"failed servers: authorization_servers contains a URL that is not https",
		}},
		{"authorization_servers has a local URL", func(a *api) { a.members["authorization_servers"] = []string{"https://127.0.0.1/as"} }, []string{
			"failed servers: authorization_servers contains a URL that is on the client's own machine or link",
		}},
		{"jwks_uri is local", func(a *api) { a.server["jwks_uri"] = "https://localhost/as/keys" }, []string{
			"failed keys: jwks_uri is on the client's own machine or link",
		}},
		{"the authorization server is unknown", func(a *api) { a.members["authorization_servers"] = []string{base + "/as", base + "/other"} }, []string{
			"failed issuer: server answered Not Found",
		}},
		{"the issuer ends with a slash", func(a *api) { a.server["issuer"] = base + "/as/" }, []string{
			"failed issuer: the metadata of the server contains another issuer",
		}},
		{"the issuer is another one", func(a *api) { a.server["issuer"] = base }, []string{
			"failed issuer: metadata names another issuer (compared byte for byte: check for a slash at the end)",
		}},
		{"jwks_uri is http", func(a *api) { a.server["jwks_uri"] = "http://api.example.com/as/keys" }, []string{
			"failed issuer: jwks_uri in the metadata is not an acceptable https URL",
		}},
		{"jwks_uri leads nowhere", func(a *api) { a.server["jwks_uri"] = base + "/as/none" }, []string{"failed keys: server answered Not Found"}},
		{"jwks_uri leads to something else", func(a *api) { a.server["jwks_uri"] = base + "/as/.well-known/openid-configuration" }, []string{
			"failed keys: the answer is not a JWK Set (RFC 7517 §5)",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := newAPI(base)
			tt.change(a)
			if got, _ := examine(t.Context(), t, a, "/v1"); !slices.Equal(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

func TestEveryPathAnswersWithTheSameMetadata(t *testing.T) {
	a := newAPI("https://api.example.com")
	a.places = append(a.places, wellKnown+"/v1/orders")
	got, _ := examine(t.Context(), t, a, "/v1/orders")
	if want := []string{"warned own location: the metadata at this URL describes another resource"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTheRootIsFoundWithoutAChallenge(t *testing.T) {
	a := newAPI("https://api.example.com")
	a.places, a.challenge = append(a.places, wellKnown), []string{"Bearer"}
	got, _ := examine(t.Context(), t, a, "/v1/orders")
	if want := []string{"failed pointer: no challenge has resource_metadata"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAnAPIWithoutTLS(t *testing.T) {
	a := newAPI("http://api.example.com")
	got, _ := examine(t.Context(), t, a, "/v1")
	if want := []string{"failed https: tokens are sent without encryption", "failed pointer: resource_metadata is not https", "failed resource: resource is not https"}; len(got) < 3 || !slices.Equal(got[:3], want) {
		t.Errorf("got %q, want %q first", got, want)
	}
}

func TestRemediesNameTheRightURL(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(a *api)
		want   string
	}{
		"where the metadata belongs": {func(a *api) { a.challenge = []string{"Bearer"} }, `resource_metadata="https://api.example.com` + wellKnown + `/v1"`},
		"the issuer of a discovery URL": {func(a *api) {
			a.members["authorization_servers"] = []string{a.base + "/as/.well-known/openid-configuration"}
		}, "https://api.example.com/as"},
		"the issuer of a URL of RFC 8414": {func(a *api) {
			a.members["authorization_servers"] = []string{a.base + "/.well-known/oauth-authorization-server/as"}
		}, "https://api.example.com/as"},
		"the host in lower case":  {func(a *api) { a.members["resource"] = "https://API.example.com/v1" }, "https://api.example.com/v1"},
		"the issuer with a slash": {func(a *api) { a.server["issuer"] = a.base + "/as/" }, "https://api.example.com/as/"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAPI("https://api.example.com")
			tt.change(a)
			_, report := examine(t.Context(), t, a, "/v1")
			for _, c := range report.Checks {
				if c.Finding() {
					if c.Expected != tt.want {
						t.Errorf("got %q, want %q", c.Expected, tt.want)
					}
					return
				}
			}
			t.Error("got no finding")
		})
	}
}

func TestTextsOfServersAreEscaped(t *testing.T) {
	a := newAPI("https://api.example.com")
	a.members["resource"] = "https://api.example.com/\u202e\x1b[2J\u009b\t" + strings.Repeat("x", 2000)
	a.members["authorization_servers"] = []string{"\x1b]0;title\a\n"}
	_, report := examine(t.Context(), t, a, "/v1")
	for _, c := range report.Checks {
		for _, text := range []string{c.Expected, c.Found, c.Problem, c.Remedy} {
			if strings.ContainsAny(text, "\x1b\u202e\u009b\a\n\t") || len(text) > 1100 {
				t.Errorf("%s: got %q, want it escaped and short", c.Name, text)
			}
		}
	}
	if len(report.Checks) == 0 || report.Findings < 2 {
		t.Errorf("got %d findings, want the resource and the server", report.Findings)
	}
}

// An http URL in an answer must not make the client send requests to another
// host. The hosts here are not local, because local ones are refused anyway.
func TestNoOtherOriginIsAskedWithoutHTTPS(t *testing.T) {
	a := newAPI("https://api.example.com")
	a.challenge = []string{`Bearer resource_metadata="http://10.0.0.1/"`}
	a.members["authorization_servers"] = []string{"http://10.0.0.1:9000"}
	_, report := examine(t.Context(), t, a, "/v1")
	for _, host := range a.hosts {
		if host != "api.example.com" {
			t.Errorf("got a request to %s, want none", host)
		}
	}
	if report.Findings != 2 {
		t.Errorf("got %d findings, want 2", report.Findings)
	}
}

// When the API is on another machine, no request may go to a local service.
// Otherwise, the API could make this machine request services that only this
// machine can reach.
func TestNoLocalServiceIsAskedForAnAPIElsewhere(t *testing.T) {
	for _, base := range []string{
		"https://localhost:9000", "https://Localhost.:9000", "https://a.localhost", "https://127.1.2.3", "https://[::1]", "https://[::ffff:127.0.0.1]",
		"https://169.254.169.254", "https://[fe80::1]", "https://0.0.0.0", "https://[::]",
	} {
		for name, change := range map[string]func(a *api){
			"resource_metadata": func(a *api) {
				a.challenge = []string{`Bearer resource_metadata="` + base + wellKnown + `/v1"`}
			},
			"authorization_servers": func(a *api) { a.members["authorization_servers"] = []string{base} },
			"jwks_uri":              func(a *api) { a.server["jwks_uri"] = base + "/keys" },
		} {
			t.Run(base+" in "+name, func(t *testing.T) {
				a := newAPI("https://api.example.com")
				change(a)
				_, report := examine(t.Context(), t, a, "/v1")
				for _, host := range a.hosts {
					if host != "api.example.com" {
						t.Errorf("got a request to %s, want none", host)
					}
				}
				if report.Findings != 1 {
					t.Errorf("got %d findings, want 1", report.Findings)
				}
			})
		}
	}
}

// Requests with a false host need a random query. Otherwise, a cache could
// answer them, or give the answers to other clients.
func TestFalseHostsReachNoCache(t *testing.T) {
	a := newAPI("https://api.example.com")
	examine(t.Context(), t, a, "/v1?page=2")
	seen := map[string]bool{}
	for _, r := range a.sent {
		if r.Host == "api.example.com" && r.Header.Get("X-Forwarded-Host") == "" {
			continue
		}
		if text := r.URL.Query().Get("doctor"); len(text) < 20 || seen[text] {
			t.Errorf("got %s, want a random query", r.URL)
		} else {
			seen[text] = true
		}
		if r.URL.Path == "/v1" && r.URL.Query().Get("page") != "2" {
			t.Errorf("got %s, want the query of the route too", r.URL)
		}
	}
	if len(seen) != 4 {
		t.Errorf("got %d requests with a false host, want 4", len(seen))
	}
}
