package testserver_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestControlCheckUsesTheRequestedOptions(t *testing.T) {
	c := newControlAPI(t)
	seen := make(chan *http.Request, 1)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r
		w.WriteHeader(http.StatusTeapot) // a response that is not 2xx ends the check
	}))
	defer api.Close()
	answer := c.call("POST", "/v1/check", fmt.Sprintf(`{"url":"%s/a?b=c","method":"PUT","header":{"X-A":["1","2"],"X-B":"3"},"body":"text","alg":"RS256","aud":"x","claims":{"n":1}}`, api.URL))
	r := <-seen
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	inspected := c.call("POST", "/v1/tokens/inspect", fmt.Sprintf(`{"token":%q}`, token))
	claims, _ := inspected["claims"].(map[string]any)
	header, _ := inspected["header"].(map[string]any)
	if got := fmt.Sprint(r.Method, r.URL, r.Header["X-A"], r.Header["X-B"], r.ContentLength); got != "PUT/a?b=c [1 2] [3] 4" {
		t.Errorf("got %s, want the configured request", got)
	}
	if claims["aud"] != "x" || claims["n"] != 1.0 || header["alg"] != "RS256" {
		t.Errorf("got %v, want the configured token", inspected)
	}
	if results := objects(answer, "results"); len(results) != 1 || results[0]["name"] != "good-token" || results[0]["fix"] == "" {
		t.Errorf("got %v, want only the good token", answer)
	}
}

func TestControlCheckRefuses(t *testing.T) {
	c := newControlAPI(t)
	const url = "http://127.0.0.1/orders"
	for _, tt := range []struct{ name, body, want string }{
		{"nothing", ``, "the URL of the API"},
		{"a URL without a host", `{"url":"/orders"}`, "the URL of the API"},
		{"a URL with a password", `{"url":"http://a:s3cret@127.0.0.1/"}`, "url: "},
		{"an invalid method", fmt.Sprintf(`{"url":%q,"method":"G T"}`, url), "method: "},
		{"an Authorization header", fmt.Sprintf(`{"url":%q,"header":{"authorization":"x"}}`, url), "header.authorization: the check sets it"},
		{"a header that is a number", fmt.Sprintf(`{"url":%q,"header":{"A":1}}`, url), "header.A: want a string or an array of strings"},
		{"an invalid scope", fmt.Sprintf(`{"url":%q,"scope":"\""}`, url), `scope: "\"" is not a scope`},
		{"an invalid pointer", fmt.Sprintf(`{"url":%q,"require_claim":{"/a~2":"b"}}`, url), `require_claim: "/a~2": in a JSON Pointer`},
		{"a claim without a value", fmt.Sprintf(`{"url":%q,"require_claim":{"roles":[""]}}`, url), "give a claim and a value"},
		{"a value that is a number", fmt.Sprintf(`{"url":%q,"require_claim":{"roles":1}}`, url), "require_claim.roles: want a string"},
		{"an acr of two values", fmt.Sprintf(`{"url":%q,"require_acr":"a b"}`, url), `require_acr: "a b": an acr value must not be empty or contain spaces`},
		{"half a second", fmt.Sprintf(`{"url":%q,"require_auth_within":0.5}`, url), "require_auth_within: 500ms: give whole seconds"},
		{"metadata that is text", fmt.Sprintf(`{"url":%q,"require_metadata":"yes"}`, url), "require_metadata: "},
		{"an unknown defect to skip", fmt.Sprintf(`{"url":%q,"skip":["nope"]}`, url), `skip: "nope": unknown defect`},
		{"an unknown defect to add", fmt.Sprintf(`{"url":%q,"also":["nope"]}`, url), `also: "nope": unknown defect`},
		{"an origin without DPoP", fmt.Sprintf(`{"url":%q,"origin":"https://api.example.com"}`, url), "origin has no effect without require_dpop"},
		{"certificates without TLS", fmt.Sprintf(`{"url":%q,"require_client_cert":true}`, url), "require_client_cert: certificates need TLS: give the https URL"},
		{"a malformed certificate", fmt.Sprintf(`{"url":%q,"require_client_cert":true,"client_cert":"s3cret"}`, url), "client_cert: want a certificate and its private key"},
		{"malformed roots", fmt.Sprintf(`{"url":%q,"roots":"x"}`, url), "roots: want certificates in PEM"},
		{"an unknown algorithm", fmt.Sprintf(`{"url":%q,"alg":"none"}`, url), "unknown signing algorithm"},
		{"an unknown member", fmt.Sprintf(`{"url":%q,"skips":[]}`, url), "skips: is unknown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := c.send("POST", "/v1/check", tt.body)
			description, _ := decodeObject(t, w.Body.Bytes())["error_description"].(string)
			if w.Code != http.StatusBadRequest || !strings.Contains(description, tt.want) || strings.Contains(description, "s3cret") {
				t.Errorf("got %d %q, want 400 and %q", w.Code, description, tt.want)
			}
		})
	}
}

// No text of a check may contain a Go name that the control API does not
// replace. The exceptions cannot occur here: the control API makes the request
// and parses the certificate itself, and it has no option With.
func TestControlCheckNamesItsMembers(t *testing.T) {
	goNames := regexp.MustCompile(`Require[A-Z]\w*|(Skip|Also)Defect|\bOrigin\b|\w+\(…?\)|\b(testserver|apitest|tls)\.|\bnewRequest\b|With\(`)
	exceptions := regexp.MustCompile(`^With\(%q\)|^newRequest returned no request|tls\.LoadX509KeyPair`)
	files, err := filepath.Glob("internal/apicheck/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("got %q and %v, want the files of package apicheck", files, err)
	}
	texts := 0
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for n := range ast.Preorder(file) {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				continue
			}
			text, _ := strconv.Unquote(literal.Value)
			if goNames.MatchString(text) && !exceptions.MatchString(text) {
				texts++
			}
			if left := testserver.CheckInMembers(text); goNames.MatchString(left) && !exceptions.MatchString(text) {
				t.Errorf("%s: got %q, want only names of members", name, left)
			}
		}
	}
	if texts < 10 {
		t.Errorf("got %d texts with Go names, want at least 10", texts)
	}
}

func TestControlCheckStopsWithItsCaller(t *testing.T) {
	c := newControlAPI(t)
	ctx, cancel := context.WithCancel(t.Context())
	var requests atomic.Int32
	api := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if requests.Add(1) == 3 {
			cancel()
		}
	}))
	defer api.Close()
	c.send("POST", "/v1/check", fmt.Sprintf(`{"url":%q}`, api.URL), func(r *http.Request) { *r = *r.WithContext(ctx) })
	if got := requests.Load(); got != 3 {
		t.Errorf("got %d requests, want 3", got)
	}
}
