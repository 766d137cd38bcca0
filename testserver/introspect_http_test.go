package testserver_test

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// encodedClient is a client whose ID and secret must be form-encoded in HTTP
// Basic authentication.
var encodedClient = testserver.Client{ID: "encoded:client +%", Secret: "s%20e c:r+e&t="}

// basic returns the value of an Authorization header for pair: an ID, a colon
// and a secret. It does not form-encode them.
func basic(pair string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair)) }

const (
	formType = "application/x-www-form-urlencoded"
	byPost   = "client_id=test-client&client_secret=test-secret"
)

var testClient = basic("test-client:test-secret")

// These are good requests, and requests that differ from a good request. The
// test replaces TOKEN with a good token.
var introspections = map[string]struct {
	method, contentType string // "" means POST and formType
	authorization       []string
	body                string
	status              int
	code                string // the error code; "" and status 200 mean an active token
	challenge           bool
}{
	"Basic":                                {authorization: []string{testClient}, body: "token=TOKEN", status: 200},
	"Basic in another case":                {authorization: []string{"bAsIc" + testClient[5:]}, body: "token=TOKEN", status: 200},
	"Basic, form-encoded":                  {authorization: []string{basic(url.QueryEscape(encodedClient.ID) + ":" + url.QueryEscape(encodedClient.Secret))}, body: "token=TOKEN", status: 200},
	"Basic, percent-encoded":               {authorization: []string{basic("encoded%3Aclient%20%2B%25:s%2520e%20c%3Ar%2Be%26t%3D")}, body: "token=TOKEN", status: 200},
	"Basic with the same client_id":        {authorization: []string{testClient}, body: "token=TOKEN&client_id=test-client", status: 200},
	"Basic with an empty client_secret":    {authorization: []string{testClient}, body: "token=TOKEN&client_secret=", status: 200},
	"Basic with an empty client_assertion": {authorization: []string{testClient}, body: "token=TOKEN&client_assertion=", status: 200},
	"in the body":                          {body: byPost + "&token=TOKEN", status: 200},
	"in the body, form-encoded":            {body: url.Values{"client_id": {encodedClient.ID}, "client_secret": {encodedClient.Secret}}.Encode() + "&token=TOKEN", status: 200},
	"a content type with a parameter":      {contentType: "Application/X-WWW-Form-Urlencoded; charset=UTF-8", body: byPost + "&token=TOKEN", status: 200},
	"a hint":                               {body: byPost + "&token=TOKEN&token_type_hint=access_token", status: 200},
	"a wrong hint":                         {body: byPost + "&token=TOKEN&token_type_hint=refresh_token", status: 200},
	"an unknown hint":                      {body: byPost + "&token=TOKEN&token_type_hint=%00", status: 200},
	"an unknown parameter":                 {body: byPost + "&token=TOKEN&x=y", status: 200},
	"no authentication":                    {body: "token=TOKEN", status: 401, code: "invalid_client"},
	"a wrong secret":                       {authorization: []string{basic("test-client:wrong")}, body: "token=TOKEN", status: 401, code: "invalid_client", challenge: true},
	"a prefix of the secret":               {authorization: []string{basic("test-client:test-secre")}, body: "token=TOKEN", status: 401, code: "invalid_client", challenge: true},
	"no secret":                            {authorization: []string{basic("test-client:")}, body: "token=TOKEN", status: 401, code: "invalid_client", challenge: true},
	"no colon":                             {authorization: []string{basic("test-client")}, body: "token=TOKEN", status: 401, code: "invalid_client", challenge: true},
	"an unknown ID and no secret":          {authorization: []string{basic("nobody:")}, body: "token=TOKEN", status: 401, code: "invalid_client", challenge: true},
	"no ID and no secret":                  {authorization: []string{basic(":")}, body: "token=TOKEN", status: 401, code: "invalid_client", challenge: true},
	"an unknown client":                    {authorization: []string{basic("nobody:test-secret")}, body: "token=TOKEN", status: 401, code: "invalid_client", challenge: true},
	"a public client":                      {authorization: []string{basic("test-public:")}, body: "token=TOKEN", status: 401, code: "invalid_client", challenge: true},
	"not encoded":                          {authorization: []string{basic(encodedClient.ID + ":" + encodedClient.Secret)}, body: "token=TOKEN", status: 401, code: "invalid_client", challenge: true},
	"badly encoded":                        {authorization: []string{basic("test-client:test-secret%zz")}, body: "token=TOKEN", status: 401, code: "invalid_client", challenge: true},
	"not in base64":                        {authorization: []string{"Basic test-client:test-secret"}, body: "token=TOKEN", status: 401, code: "invalid_client", challenge: true},
	"base64 without padding":               {authorization: []string{"Basic " + strings.TrimRight(testClient[6:], "=") + "A"}, body: "token=TOKEN", status: 401, code: "invalid_client", challenge: true},
	"only the scheme Basic":                {authorization: []string{"Basic"}, body: "token=TOKEN", status: 401, code: "invalid_client", challenge: true},
	"an empty field":                       {authorization: []string{""}, body: "token=TOKEN", status: 401, code: "invalid_client", challenge: true},
	"Bearer":                               {authorization: []string{"Bearer TOKEN"}, body: "token=TOKEN", status: 401, code: "invalid_client", challenge: true},
	"a wrong secret in the body":           {body: "client_id=test-client&client_secret=wrong&token=TOKEN", status: 401, code: "invalid_client"},
	"a public client in the body":          {body: "client_id=test-public&token=TOKEN", status: 401, code: "invalid_client"},
	"a public client with a secret":        {body: "client_id=test-public&client_secret=test-secret&token=TOKEN", status: 401, code: "invalid_client"},
	"a secret and no ID":                   {body: "client_secret=test-secret&token=TOKEN", status: 401, code: "invalid_client"},
	"an assertion":                         {body: "client_id=test-client&client_assertion=TOKEN&token=TOKEN", status: 401, code: "invalid_client"},
	"Basic and the body":                   {authorization: []string{testClient}, body: byPost + "&token=TOKEN", status: 400, code: "invalid_request"},
	"Basic, wrong, and the body":           {authorization: []string{basic("test-client:wrong")}, body: byPost + "&token=TOKEN", status: 400, code: "invalid_request"},
	"Basic and an assertion":               {authorization: []string{testClient}, body: "client_assertion=TOKEN&token=TOKEN", status: 400, code: "invalid_request"},
	"Basic and another client_id":          {authorization: []string{testClient}, body: "client_id=test-public&token=TOKEN", status: 400, code: "invalid_request"},
	"Basic twice":                          {authorization: []string{testClient, testClient}, body: "token=TOKEN", status: 400, code: "invalid_request"},
	"no token":                             {body: byPost, status: 400, code: "invalid_request"},
	"an empty token":                       {body: byPost + "&token=", status: 400, code: "invalid_request"},
	"no token and no client":               {body: "", status: 401, code: "invalid_client"},
	"two tokens":                           {body: byPost + "&token=TOKEN&token=TOKEN", status: 400, code: "invalid_request"},
	"a token and an empty one":             {body: byPost + "&token=TOKEN&token=", status: 400, code: "invalid_request"},
	"two secrets":                          {body: byPost + "&token=TOKEN&client_secret=test-secret", status: 400, code: "invalid_request"},
	"two hints":                            {body: byPost + "&token=TOKEN&token_type_hint=a&token_type_hint=a", status: 400, code: "invalid_request"},
	"an unknown parameter twice":           {body: byPost + "&token=TOKEN&x=y&x=y", status: 400, code: "invalid_request"},
	"a semicolon":                          {body: byPost + ";token=TOKEN", status: 400, code: "invalid_request"},
	"a bad escape":                         {body: byPost + "&token=TOKEN&x=%zz", status: 400, code: "invalid_request"},
	"JSON":                                 {contentType: "application/json", authorization: []string{testClient}, body: `{"token":"TOKEN"}`, status: 400, code: "invalid_request"},
	"JSON as a form":                       {authorization: []string{testClient}, body: `{"token":"TOKEN"}`, status: 400, code: "invalid_request"},
	"a multipart form":                     {contentType: "multipart/form-data; boundary=x", authorization: []string{testClient}, body: "--x\r\nContent-Disposition: form-data; name=token\r\n\r\nTOKEN\r\n--x--", status: 400, code: "invalid_request"},
	"no content type":                      {contentType: "none", authorization: []string{testClient}, body: "token=TOKEN", status: 400, code: "invalid_request"},
	"an invalid content type":              {contentType: "a b", authorization: []string{testClient}, body: "token=TOKEN", status: 400, code: "invalid_request"},
	"a body at the limit":                  {body: byPost + "&token=TOKEN&x=" + strings.Repeat("x", 60<<10), status: 200},
	"a body above the limit":               {body: byPost + "&token=TOKEN&x=" + strings.Repeat("x", 64<<10), status: 413, code: "invalid_request"},
	"GET":                                  {method: "GET", authorization: []string{testClient}, status: 405},
	"HEAD":                                 {method: "HEAD", authorization: []string{testClient}, status: 405},
	"PUT":                                  {method: "PUT", authorization: []string{testClient}, body: "token=TOKEN", status: 405},
	"POST in lower case":                   {method: "post", authorization: []string{testClient}, body: "token=TOKEN", status: 405},
	"OPTIONS":                              {method: "OPTIONS", status: 405},
}

func TestIntrospectionRequests(t *testing.T) {
	for where, opts := range map[string][]testserver.Option{"plain": nil, "TLS": {testserver.TLS()}, "in memory": {testserver.InMemory()}} {
		s := testserver.New(t, append(opts, testserver.Clients(encodedClient))...)
		for name, tt := range introspections {
			t.Run(where+"/"+name, func(t *testing.T) {
				token := opaque(s)
				fill := func(text string) string { return strings.ReplaceAll(text, "TOKEN", token) }
				r, err := http.NewRequest(tt.method, s.Endpoint(testserver.EndpointIntrospect), strings.NewReader(fill(tt.body)))
				if err != nil {
					t.Fatal(err)
				}
				if tt.method == "" {
					r.Method = "POST"
				}
				switch tt.contentType {
				case "":
					r.Header.Set("Content-Type", formType)
				case "none":
				default:
					r.Header.Set("Content-Type", tt.contentType)
				}
				for _, field := range tt.authorization {
					r.Header.Add("Authorization", fill(field))
				}
				resp, err := s.Client().Do(r)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				body, err := io.ReadAll(resp.Body)
				if err != nil || resp.StatusCode != tt.status || resp.Header.Get("Cache-Control") != "no-store" {
					t.Fatalf("got %d %s, header %v, %v, want %d and no-store", resp.StatusCode, body, resp.Header, err, tt.status)
				}
				if got := resp.Header.Get("WWW-Authenticate"); strings.HasPrefix(got, "Basic realm=") != tt.challenge || !tt.challenge && got != "" {
					t.Errorf("got the challenge %q, want a challenge: %v", got, tt.challenge)
				}
				if tt.status == http.StatusMethodNotAllowed {
					if got := resp.Header.Get("Allow"); got != "POST" {
						t.Errorf("got Allow %q, want POST", got)
					}
					return
				}
				checkIntrospectionBody(t, resp, body, tt.code)
				if last, _ := lastRequest(s, testserver.EndpointIntrospect); last.Status != tt.status || (last.ClientID != "") != authenticated(tt.status, body) {
					t.Errorf("got %d for client %q recorded, want %d", last.Status, last.ClientID, tt.status)
				}
			})
		}
	}
}

// authenticated reports whether the response shows that the server
// authenticated the client.
func authenticated(status int, body []byte) bool {
	return status == 200 || strings.Contains(string(body), "token is missing")
}

func checkIntrospectionBody(t *testing.T, resp *http.Response, body []byte, code string) {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal(body, &got); err != nil || resp.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("got %s %s, %v, want JSON", resp.Header.Get("Content-Type"), body, err)
	}
	if code == "" {
		if got["active"] != true {
			t.Errorf("got %s, want an active token", body)
		}
		return
	}
	if text, _ := got["error_description"].(string); got["error"] != code || text == "" || len(got) != 2 {
		t.Errorf("got %s, want %s and a description", body, code)
	}
}

// The handler must not panic if a test calls it directly with a request whose
// body is nil.
func TestIntrospectionOfARequestWithoutABody(t *testing.T) {
	s := unstarted(t)
	r := httptest.NewRequest("POST", s.Endpoint(testserver.EndpointIntrospect), nil)
	r.Header.Set("Content-Type", formType)
	r.Header.Set("Authorization", testClient)
	r.Body = nil
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	if rec.Code != http.StatusBadRequest || !strings.Contains(rec.Body.String(), "token is missing") {
		t.Errorf("got %d %s, want 400 for a missing token", rec.Code, rec.Body)
	}
}

// Introspection ignores parameters in the query of the URL.
func TestIntrospectionIgnoresTheQuery(t *testing.T) {
	s := unstarted(t)
	for query, want := range map[string]int{"?" + byPost: 401, "?token=x&token=y&" + byPost: 401} {
		r := httptest.NewRequest("POST", s.Endpoint(testserver.EndpointIntrospect)+query, strings.NewReader("token="+opaque(s)))
		r.Header.Set("Content-Type", formType)
		rec := httptest.NewRecorder()
		s.ServeHTTP(rec, r)
		if rec.Code != want {
			t.Errorf("%s: got %d, want %d", query, rec.Code, want)
		}
	}
}
