package testserver_test

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver"
)

const (
	payment = `{"type":"payment","actions":["initiate"],"amount":{"value":"12.50","currency":"EUR"}}`
	account = `{"type":"account","identifier":"<b>7","limit":12345678901234567890}`
)

var detailTypes = testserver.AuthorizationDetailTypes("payment", "account")

// wantDetails compares authorization_details as JSON. It compares numbers as
// text, so 1 and 1.0 differ.
func wantDetails(t *testing.T, got any, want ...string) {
	t.Helper()
	read := func(text string) (v any) {
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return v
	}
	raw, _ := json.Marshal(got)
	if text, is := got.(string); is {
		raw = []byte(text)
	}
	if !reflect.DeepEqual(read(string(raw)), read("["+strings.Join(want, ",")+"]")) {
		t.Errorf("got %s, want %s", raw, want)
	}
}

// detailsIn returns authorization_details from a JSON object, as text.
func detailsIn(t *testing.T, object string) string {
	t.Helper()
	var o struct {
		Details json.RawMessage `json:"authorization_details"`
	}
	if err := json.Unmarshal([]byte(object), &o); err != nil || o.Details == nil {
		t.Fatalf("got %s, want authorization_details in it: %v", object, err)
	}
	return string(o.Details)
}

func TestDetailsInTokenResponseAndIntrospection(t *testing.T) {
	both := "[" + payment + "," + account + "]"
	for name, opts := range map[string][]testserver.Option{"a JWT": {detailTypes}, "a handle": {detailTypes, testserver.OpaqueTokens()}} {
		t.Run(name, func(t *testing.T) {
			s := testserver.New(t, opts...)
			r := tokens(t, s, "authorization_details", both, "scope", "a")
			token := r.text("access_token")
			wantDetails(t, detailsIn(t, postForm(s, byPost+"&token="+url.QueryEscape(token)).Body.String()), payment, account)
			if name == "a JWT" {
				wantDetails(t, detailsIn(t, payload(t, token)), payment, account)
				_, signed := introspectionResponse(t, s, token, signedType)
				_, claims := verified(t, s, signed)
				inner, _ := json.Marshal(claims["token_introspection"])
				if !strings.Contains(string(inner), `"currency":"EUR"`) {
					t.Errorf("got %s, want the details in a signed response", inner)
				}
			}
			if got := fmtJSON(t, r.body["authorization_details"]); !strings.Contains(got, `"12.50"`) || !strings.Contains(got, "b\\u003e7") {
				t.Errorf("got %s, want the details in the response", got)
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		if r := tokens(t, testserver.New(t, detailTypes)); r.body["authorization_details"] != nil || strings.Contains(payload(t, r.text("access_token")), "authorization_details") {
			t.Errorf("got %v, want none", r.body)
		}
	})
}

func fmtJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestInvalidDetailsAreRefused(t *testing.T) {
	s := testserver.New(t, detailTypes)
	for name, text := range map[string]string{
		"T25/malformed JSON":                 "x",
		"T25/an object":                      payment,
		"T25/null":                           "null",
		"T25/an empty array":                 "[]",
		"T25/an array of texts":              `["payment"]`,
		"T25/an array of null":               `[null]`,
		"T25/trailing data":                  "[" + payment + "] x",
		"T25/no type":                        `[{"actions":["read"]}]`,
		"T25/an empty type":                  `[{"type":""}]`,
		"T25/a type that is not a string":    `[{"type":["payment"]}]`,
		"T25/an unknown type":                `[{"type":"refund"}]`,
		"T25/a known and an unknown type":    `[` + payment + `,{"type":"refund"}]`,
		"T25/actions that are not a list":    `[{"type":"payment","actions":"read"}]`,
		"T25/locations that are not strings": `[{"type":"payment","locations":[1]}]`,
		"T25/an invalid identifier":          `[{"type":"payment","identifier":7}]`,
		"T25/too many":                       "[" + strings.Repeat(payment+",", 32) + payment + "]",
		"T25/too long":                       `[{"type":"payment","x":"` + strings.Repeat("x", 8<<10) + `"}]`,
	} {
		t.Run(name, func(t *testing.T) {
			_, to := authorize(s, authorizationRequest("authorization_details", text))
			if to == nil || to.Query().Get("error") != "invalid_authorization_details" || to.Query().Get("code") != "" {
				t.Errorf("got %v, want invalid_authorization_details", to)
			}
			form := url.Values{"grant_type": {"client_credentials"}, "authorization_details": {text}}
			wantError(t, exchange(t, s, form, testClient), 400, "invalid_authorization_details")
			form = url.Values{"client_id": {"test-public"}, "authorization_details": {text}}
			wantError(t, formTo(t, s, testserver.EndpointDeviceAuthorization, form.Encode()), 400, "invalid_authorization_details")
		})
	}
	t.Run("T25/a server without types", func(t *testing.T) {
		_, to := authorize(testserver.New(t), authorizationRequest("authorization_details", "["+payment+"]"))
		if to == nil || to.Query().Get("error") != "invalid_authorization_details" {
			t.Errorf("got %v, want invalid_authorization_details", to)
		}
	})
}

func TestNarrowedDetails(t *testing.T) {
	s := testserver.New(t, detailTypes, testserver.Clock(atNoon))
	both := "[" + payment + "," + account + "]"
	for name, tt := range map[string]struct {
		asked string
		want  []string // the granted details; nil means an error
	}{
		"T25/all that was granted": {"-", []string{payment, account}},
		"T25/one of them":          {"[" + payment + "]", []string{payment}},
		"T25/one of them, encoded differently": {
			`[ {"amount":{"currency":"EUR","value":"12.50"}, "type":"pa\u0079ment","actions":["initiate"]} ]`, []string{payment},
		},
		"T25/one twice":                     {"[" + account + "," + account + "]", []string{account}},
		"T25/a greater amount":              {"[" + strings.Replace(payment, "12.50", "99.50", 1) + "]", nil},
		"T25/another number":                {"[" + strings.Replace(account, "67890}", "67891}", 1) + "]", nil},
		"T25/one with fewer members":        {`[{"type":"payment"}]`, nil},
		"T25/details that were not granted": {`[{"type":"account"}]`, nil},
		"T25/malformed details":             {"x", nil},
	} {
		t.Run(name, func(t *testing.T) {
			check := func(r reply) {
				t.Helper()
				if tt.want == nil {
					wantError(t, r, 400, "invalid_authorization_details")
					return
				}
				wantDetails(t, detailsIn(t, payload(t, wantTokens(t, r).text("access_token"))), tt.want...)
			}
			code := codeFor(t, s, "authorization_details", both)
			check(exchange(t, s, codeRequest(code, "authorization_details", tt.asked)))

			first := tokens(t, s, "authorization_details", both)
			check(exchange(t, s, refreshRequest(first.text("refresh_token"), "authorization_details", tt.asked)))

			begun := formTo(t, s, testserver.EndpointDeviceAuthorization, url.Values{"client_id": {"test-public"}, "authorization_details": {both}}.Encode())
			s.Login(t, begun.text("verification_uri_complete"))
			s.Advance(6 * time.Second)
			check(exchange(t, s, values(url.Values{
				"grant_type": {string(testserver.DeviceCode)}, "client_id": {"test-public"}, "device_code": {begun.text("device_code")},
			}, "authorization_details", tt.asked)))
		})
	}
	t.Run("T25/a refresh token keeps all details", func(t *testing.T) {
		first := wantTokens(t, exchange(t, s, codeRequest(codeFor(t, s, "authorization_details", both), "authorization_details", "["+payment+"]")))
		next := wantTokens(t, exchange(t, s, refreshRequest(first.text("refresh_token"))))
		wantDetails(t, detailsIn(t, payload(t, next.text("access_token"))), payment, account)
	})
	t.Run("T25/details for a grant without any", func(t *testing.T) {
		wantError(t, exchange(t, s, codeRequest(codeFor(t, s), "authorization_details", "["+payment+"]")), 400, "invalid_authorization_details")
	})
	t.Run("T25/client credentials", func(t *testing.T) {
		r := wantTokens(t, exchange(t, s, url.Values{"grant_type": {"client_credentials"}, "authorization_details": {both}}, testClient))
		wantDetails(t, detailsIn(t, payload(t, r.text("access_token"))), payment, account)
	})
}

func TestDetailsSurviveARestart(t *testing.T) {
	path := statePath(t)
	s := startPersisted(t, path, detailTypes)
	first := tokens(t, s, "authorization_details", "["+account+"]")
	closeServer(t, s)
	s = startPersisted(t, path, detailTypes)
	next := wantTokens(t, exchange(t, s, refreshRequest(first.text("refresh_token"), "authorization_details", "["+account+"]")))
	wantDetails(t, detailsIn(t, payload(t, next.text("access_token"))), account)
}

func TestDetailsAreShownToTheEndUser(t *testing.T) {
	s := testserver.New(t, detailTypes, testserver.Interactive(), testserver.Users(alice))
	p := newBrowser(t, s)
	query := authorizationRequest("scope", "a", "authorization_details", `[{"type":"payment","to":"<b>\u202e7","amount":"12.50"}]`)
	page := p.signIn(query)
	text := page.Body.String()
	for _, want := range []string{`&#34;amount&#34;: &#34;12.50&#34;`, `&lt;b&gt;\u{202e}7`} {
		if !strings.Contains(text, want) {
			t.Errorf("got %s, want %s in it", text, want)
		}
	}
	rec := p.post(testserver.EndpointConsent, hiddenFields(page, "decision", "allow", "scope", "a"))
	r := wantTokens(t, exchange(t, s, codeRequest(callbackQuery(t, rec).Get("code"))))
	if !strings.Contains(payload(t, r.text("access_token")), "12.50") {
		t.Errorf("got %v, want the details that were consented to", r.body)
	}
	// The server stores the consent to the scope. It does not store the consent
	// to the payment, because that consent is valid only once.
	if again := p.open(query); !strings.Contains(again.Body.String(), "12.50") {
		t.Errorf("got %d %s, want the consent page again", again.Code, again.Body)
	}
	query.Set("prompt", "none")
	if got := callbackQuery(t, p.open(query)).Get("error"); got != "consent_required" {
		t.Errorf("got %q, want consent_required", got)
	}

	begun := formTo(t, s, testserver.EndpointDeviceAuthorization, url.Values{"client_id": {"test-public"}, "authorization_details": {"[" + payment + "]"}}.Encode())
	device := p.send(httptest.NewRequest("GET", begun.text("verification_uri_complete"), nil))
	asked := p.post(testserver.EndpointDevice, hiddenFields(device, "user_code", begun.text("user_code")))
	if !strings.Contains(asked.Body.String(), "12.50") {
		t.Errorf("got %d %s, want the device's details on the page", asked.Code, asked.Body)
	}
}

func TestPushedDetails(t *testing.T) {
	s := testserver.New(t, detailTypes)
	query := push(t, s, "authorization_details", "["+payment+"]", "resource", "https://a.example", "resource", "https://b.example")
	query.Set("authorization_details", "["+account+"]")
	_, to := authorize(s, query)
	if to == nil {
		t.Fatal("got no redirect, want one with a code")
	}
	r := wantTokens(t, exchange(t, s, codeRequest(to.Query().Get("code"))))
	wantDetails(t, detailsIn(t, payload(t, r.text("access_token"))), payment)

	form := authorizationRequest("authorization_details", `[{"type":"unknown"}]`)
	wantError(t, formTo(t, s, testserver.EndpointPAR, form.Encode()), 400, "invalid_authorization_details")
}
