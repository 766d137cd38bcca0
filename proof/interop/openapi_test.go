package interop_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"

	"github.com/bearerguard/bearerguard/testserver"
)

const controlToken = "the-control-token"

// operation is an operation of the OpenAPI document: a method and a path, with
// the document's examples for the body and the parameters.
type operation struct {
	method, path string
	bodies       map[string]string // maps example names to request bodies; the example "nothing" has no body
	query        url.Values
	inPath       map[string]string
	open         bool // whether the operation needs no token
}

func (o operation) String() string { return o.method + " " + o.path }

// target returns the path with an example for each parameter.
func (o operation) target() string {
	target := o.path
	for name, value := range o.inPath {
		target = strings.ReplaceAll(target, "{"+name+"}", url.PathEscape(value))
	}
	if len(o.query) > 0 {
		target += "?" + o.query.Encode()
	}
	return target
}

// described is a running control API. validator and operations contain its
// parsed OpenAPI document.
type described struct {
	*testing.T
	as         *testserver.Server
	url        string
	validator  validator.Validator
	operations []operation
}

// newDescribed starts a server and its control API. It fetches the OpenAPI
// document from the control API without a token.
func newDescribed(t *testing.T) described {
	t.Helper()
	d := described{}.fresh(t)
	resp, err := http.Get(d.url + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("got %d, %v, want the document", resp.StatusCode, err)
	}
	document, err := libopenapi.NewDocument(text)
	if err != nil {
		t.Fatal(err)
	}
	v, errs := validator.NewValidator(document)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	d.validator, d.operations = v, operations(t, text)
	return d
}

// fresh returns a copy of d with a new server. The document stays the same.
func (d described) fresh(t *testing.T) described {
	t.Helper()
	as := testserver.New(t)
	api := httptest.NewServer(as.Control(controlToken))
	t.Cleanup(api.Close)
	d.T, d.as, d.url = t, as, api.URL
	return d
}

func operations(t *testing.T, text []byte) (list []operation) {
	t.Helper()
	type example struct{ Value json.RawMessage }
	type parameter struct {
		Ref      string `json:"$ref"`
		Name, In string
		Example  any
		Examples map[string]struct{ Value []string }
	}
	var document struct {
		Paths map[string]map[string]struct {
			Security    *[]any
			Parameters  []parameter
			RequestBody *struct {
				Required bool
				Content  map[string]struct{ Examples map[string]example }
			}
		}
		Components struct{ Parameters map[string]parameter }
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	for path, methods := range document.Paths {
		for method, described := range methods {
			o := operation{strings.ToUpper(method), path, map[string]string{}, url.Values{}, map[string]string{}, described.Security != nil}
			for _, p := range described.Parameters {
				if name, ok := strings.CutPrefix(p.Ref, "#/components/parameters/"); ok {
					p = document.Components.Parameters[name]
				}
				if p.In == "path" {
					o.inPath[p.Name], _ = p.Example.(string)
					continue
				}
				text, _ := json.Marshal(p.Example)
				o.query[p.Name] = []string{strings.Trim(string(text), `"`)}
				for _, e := range p.Examples {
					o.query[p.Name] = e.Value
				}
			}
			body := described.RequestBody
			if body == nil || !body.Required {
				o.bodies["nothing"] = ""
			}
			if body != nil {
				for name, e := range body.Content["application/json"].Examples {
					o.bodies[name] = string(e.Value)
				}
			}
			list = append(list, o)
		}
	}
	slices.SortFunc(list, func(a, b operation) int { return cmp.Compare(a.String(), b.String()) })
	return list
}

// exchange is a request and its answer.
type exchange struct {
	method, target, body string
	authorization        string
	status               int
	header               http.Header
	answer               []byte
}

// send sends a request to the control API.
func (d described) send(method, target, body string, change ...func(*http.Request)) exchange {
	d.Helper()
	r, err := http.NewRequestWithContext(d.Context(), method, d.url+target, strings.NewReader(body))
	if err != nil {
		d.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+controlToken)
	for _, f := range change {
		f(r)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		d.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		d.Fatal(err)
	}
	return exchange{method, target, body, r.Header.Get("Authorization"), resp.StatusCode, resp.Header, answer}
}

// request rebuilds the request of an exchange for the validator. It sets
// Content-Type to application/json, because the server reads every body as
// JSON.
func (e exchange) request(t *testing.T) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), e.method, "http://127.0.0.1"+e.target, strings.NewReader(e.body))
	if err != nil {
		t.Fatal(err)
	}
	if e.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Authorization", e.authorization)
	return r
}

// requestFaults validates the request of an exchange against the document.
func (d described) requestFaults(e exchange) []error {
	d.Helper()
	_, faults := d.validator.ValidateHttpRequest(e.request(d.T))
	return errorsOf(faults)
}

// answerFaults validates the answer of an exchange against the document.
func (d described) answerFaults(e exchange) []error {
	d.Helper()
	resp := &http.Response{StatusCode: e.status, Header: e.header, Body: io.NopCloser(bytes.NewReader(e.answer)), ContentLength: int64(len(e.answer))}
	_, faults := d.validator.ValidateHttpResponse(e.request(d.T), resp)
	return errorsOf(faults)
}

func errorsOf[E error](list []E) (errs []error) {
	for _, err := range list {
		errs = append(errs, err)
	}
	return errs
}
