package journal_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
)

const canary = "canary-that-must-not-be-recorded"

// record returns the record of a request with the given header and body.
func record(t *testing.T, method, target string, header http.Header, body string) journal.Request {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header = header
	var j journal.Journal
	recorded := &journal.Request{Endpoint: catalogue.Token, Method: journal.Short(r.Method), Client: journal.Caller(r), Header: journal.Redact(r.Header)}
	j.Add(recorded)
	j.ReadForm(recorded, r)
	return j.Requests()[0]
}

func TestSecretsAreNotRecorded(t *testing.T) {
	form := http.Header{"Content-Type": {journal.FormType}}
	with := func(name string, values ...string) http.Header {
		h := form.Clone()
		h[name] = values
		return h
	}
	long := canary + strings.Repeat("x", journal.MaxText)
	for name, tt := range map[string]journal.Request{
		"a bearer token":                       record(t, "GET", "/", http.Header{"Authorization": {"Bearer " + canary}}, ""),
		"a bearer token in another case":       record(t, "GET", "/", http.Header{"Authorization": {"bEARER  " + canary + " "}}, ""),
		"Basic credentials":                    record(t, "GET", "/", http.Header{"Authorization": {"Basic " + canary}}, ""),
		"an unknown scheme":                    record(t, "GET", "/", http.Header{"Authorization": {canary + " x"}}, ""),
		"credentials without a scheme":         record(t, "GET", "/", http.Header{"Authorization": {canary}}, ""),
		"a second Authorization":               record(t, "GET", "/", http.Header{"Authorization": {"Bearer x", "Bearer " + canary}}, ""),
		"an Authorization in small letters":    record(t, "GET", "/", http.Header{"authorization": {"Bearer " + canary}}, ""),
		"a cookie":                             record(t, "GET", "/", http.Header{"Cookie": {"a=" + canary}}, ""),
		"a DPoP proof":                         record(t, "GET", "/", http.Header{"Dpop": {canary}}, ""),
		"an unknown field":                     record(t, "GET", "/", http.Header{"X-Api-Key": {canary}}, ""),
		"a long value of a harmless field":     record(t, "GET", "/", http.Header{"User-Agent": {long}}, ""),
		"a long name of a field":               record(t, "GET", "/", http.Header{long: {"x"}}, ""),
		"a long name of a client":              record(t, "GET", "/", http.Header{journal.ClientHeader: {long}}, ""),
		"a long method":                        record(t, strings.Repeat("M", 300)+canary, "/", nil, ""),
		"a query":                              record(t, "GET", "/?access_token="+canary+"&"+canary+"=x", nil, ""),
		"a path":                               record(t, "GET", "/"+canary, nil, ""),
		"the query of a POST":                  record(t, "POST", "/?client_secret="+canary, form, "a=b"),
		"a body that is a token":               record(t, "POST", "/", form, canary),
		"a long value of a harmless parameter": record(t, "POST", "/", form, "scope="+long),
		"a body that is not a form":            record(t, "POST", "/", with("Content-Type", "application/json"), `{"`+canary+`":1}`),
		"a body with an invalid escape":        record(t, "POST", "/", form, "code="+canary+"%"),
		"a repeated parameter":                 record(t, "POST", "/", form, "token=x&token="+canary),
		"a parameter beyond the limit":         record(t, "POST", "/", form, strings.Repeat("token=x&", 9)+"token="+canary),
		"a parameter in another case":          record(t, "POST", "/", form, "Scope="+canary),
	} {
		if got := fmt.Sprintf("%+v %#v", tt, tt); strings.Contains(got, canary) {
			t.Errorf("%s: got %s, want no secret in it", name, got)
		}
	}
	for _, parameter := range []string{
		"client_secret", "client_assertion", "code", "code_verifier", "code_challenge", "device_code", "user_code", "refresh_token", "token", "assertion",
		"subject_token", "actor_token", "access_token", "id_token_hint", "username", "password", "state", "nonce", "request_uri", "redirect_uri",
		"claims", "dpop_jkt",
	} {
		got := record(t, "POST", "/", form, parameter+"="+canary)
		if got.Form.Get(parameter) != journal.Fingerprint(canary) {
			t.Errorf("%s: got %v, want its fingerprint", parameter, got.Form)
		}
	}
}

func TestHarmlessValuesAreRecorded(t *testing.T) {
	got := record(t, "POST", "/?x=y", http.Header{
		"Content-Type": {journal.FormType}, "User-Agent": {"test/1"}, "Authorization": {"Bearer abc"}, journal.ClientHeader: {"api"},
	}, "grant_type=refresh_token&scope=a+b&client_id=web&acr_values=gold&what=x")
	if got.Header.Get("User-Agent") != "test/1" || got.Header.Get("Authorization") != "Bearer "+journal.Fingerprint("abc") {
		t.Errorf("got %v, want the agent and the fingerprint of the token", got.Header)
	}
	spaced := journal.Redact(http.Header{"Authorization": {"bEARER  abc "}})
	if got, want := spaced.Get("Authorization"), "bEARER "+journal.Fingerprint("abc"); got != want {
		t.Errorf("got %q, want %q: the fingerprint of the token without spaces", got, want)
	}
	if _, found := got.Header[journal.ClientHeader]; found || got.Client != "api" {
		t.Errorf("got %v, %q, want the client's name removed from the header", got.Header, got.Client)
	}
	want := url.Values{"grant_type": {"refresh_token"}, "scope": {"a b"}, "client_id": {"web"}, "acr_values": {"gold"}, journal.Fingerprint("what"): {journal.Fingerprint("x")}}
	if got.Form.Encode() != want.Encode() {
		t.Errorf("got the form %v, want %v", got.Form, want)
	}
	if got, want := journal.Fingerprint("password"), "5e884898da280471"; got != want { // the first 8 bytes of the SHA-256
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTheRecordOfARequestIsBounded(t *testing.T) {
	header, body := http.Header{"Content-Type": {journal.FormType}}, url.Values{}
	for i := range 100 {
		header[fmt.Sprintf("X-%d", i)] = strings.Split(strings.Repeat("v,", 20), ",")
		body[fmt.Sprintf("p%d", i)] = header["X-0"]
	}
	got := record(t, "POST", "/", header, body.Encode())
	for name, fields := range map[string]map[string][]string{"fields": got.Header, "parameters": got.Form} {
		if len(fields) != 64 {
			t.Errorf("got %d %s, want 64", len(fields), name)
		}
		for field, values := range fields {
			if len(values) > 8 {
				t.Errorf("%s: got %d values, want 8", field, len(values))
			}
		}
	}
}

func TestPeekFormRestoresTheBody(t *testing.T) {
	failure := errors.New("the connection broke")
	for name, tt := range map[string]struct {
		contentType, body string
		end               error
		want              string // value of the form field a; "-" means no form
	}{
		"a form":                         {journal.FormType, "a=b", nil, "b"},
		"a form with a charset":          {journal.FormType + "; charset=UTF-8", "a=b", nil, "b"},
		"a form of the longest length":   {journal.FormType, "a=" + strings.Repeat("b", journal.MaxForm-2), nil, strings.Repeat("b", journal.MaxForm-2)},
		"a form that is a byte too long": {journal.FormType, "a=" + strings.Repeat("b", journal.MaxForm-1), nil, "-"},
		"a form that is much too long":   {journal.FormType, "a=" + strings.Repeat("b", 3*journal.MaxForm), nil, "-"},
		"another content type":           {"text/plain", "a=b", nil, "-"},
		"a body that fails":              {journal.FormType, "a=b", failure, "b"},
	} {
		t.Run(name, func(t *testing.T) {
			end := io.Reader(strings.NewReader(""))
			if tt.end != nil {
				end = iotest.ErrReader(tt.end)
			}
			r := httptest.NewRequest("POST", "/", io.MultiReader(strings.NewReader(tt.body), end))
			r.Header.Set("Content-Type", tt.contentType)
			form := journal.PeekForm(r)
			if got := form.Get("a"); form == nil != (tt.want == "-") || form != nil && got != tt.want {
				t.Errorf("got %d bytes of a in %v, want %d", len(got), form != nil, len(tt.want))
			}
			again, err := io.ReadAll(r.Body)
			if string(again) != tt.body || !errors.Is(err, tt.end) {
				t.Errorf("got %d bytes of the body again, %v, want %d, %v", len(again), err, len(tt.body), tt.end)
			}
		})
	}
	bare := httptest.NewRequest("POST", "/", nil)
	bare.Body = nil
	bare.Header.Set("Content-Type", journal.FormType)
	if form := journal.PeekForm(bare); form != nil || bare.Body != nil {
		t.Errorf("got %v without a body, want nothing", form)
	}
	twice := httptest.NewRequest("POST", "/", strings.NewReader("a=b"))
	twice.Header["Content-Type"] = []string{journal.FormType, journal.FormType}
	if journal.IsForm(twice) {
		t.Error("got a form for two content types, want no form")
	}
}

func TestIdentifyRecordsTheClient(t *testing.T) {
	var j journal.Journal
	recorded := &journal.Request{Endpoint: catalogue.Token}
	j.Add(recorded)
	r := httptest.NewRequest("POST", "/", nil)
	j.Identify(r, "nobody") // r is not recorded yet
	j.Identify(j.ReadForm(recorded, r), "web")
	if got := j.Requests()[0].ClientID; got != "web" {
		t.Errorf("got %q, want web", got)
	}
}
