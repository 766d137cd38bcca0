package testserver_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver"
)

const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// signalReceiver is a strict receiver of logout tokens and security event
// tokens. If it refuses a token, it responds with status 400 and the reason in
// the body. If it accepts a token, it records the claims.
type signalReceiver struct {
	*httptest.Server
	issuer        *testserver.Server
	authorization string
	client        string // the audience of logout tokens

	mu   sync.Mutex
	seen []map[string]any
}

func newSignalReceiver(t testing.TB, issuer *testserver.Server) *signalReceiver {
	r := &signalReceiver{issuer: issuer, client: "test-client"}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

// keys returns the published keys of the issuer.
func (r *signalReceiver) keys() (list []jose.JSONWebKey) {
	var set jose.JSONWebKeySet
	_ = json.Unmarshal(r.issuer.JWKS(), &set) // without keys, every token is refused
	return set.Keys
}

func (r *signalReceiver) accepted() []map[string]any {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.seen)
}

func (r *signalReceiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	var claims map[string]any
	status := http.StatusOK
	switch media := req.Header.Get("Content-Type"); {
	case err != nil:
	case req.Method != http.MethodPost:
		err = errors.New("method")
	case media == "application/x-www-form-urlencoded" && req.Header.Get("Authorization") != "":
		err = errors.New("authorization")
	case media == "application/x-www-form-urlencoded":
		form, malformed := url.ParseQuery(string(body))
		if err = malformed; err == nil {
			claims, err = r.readLogout(form.Get("logout_token"))
		}
	case media == "application/secevent+jwt" && req.Header.Get("Accept") == "application/json":
		status = http.StatusAccepted
		if err = errors.New("authorization"); req.Header.Get("Authorization") == r.authorization {
			claims, err = r.readEvent(string(body))
		}
	default:
		err = errors.New("media type")
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if slices.ContainsFunc(r.seen, func(old map[string]any) bool { return old["jti"] == claims["jti"] }) {
		http.Error(w, "replayed", http.StatusBadRequest)
		return
	}
	r.seen = append(r.seen, claims)
	w.WriteHeader(status)
}

// read does the checks that apply to all tokens, and returns the claims.
func (r *signalReceiver) read(token, typ, aud string) (map[string]any, error) {
	if len(token) > 16<<10 {
		return nil, errors.New("length")
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("segments")
	}
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return nil, errors.New("form")
	}
	for _, part := range parts { // jose ignores unused bits in the last character
		if _, err := base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return nil, errors.New("encoding")
		}
	}
	header := jws.Signatures[0].Protected
	var key any
	for _, k := range r.keys() {
		if k.KeyID == header.KeyID && k.Algorithm == header.Algorithm {
			key = k.Key
		}
	}
	if key == nil {
		return nil, errors.New("key")
	}
	payload, err := jws.Verify(key)
	if err != nil {
		return nil, errors.New("signature")
	}
	if header.ExtraHeaders["typ"] != typ {
		return nil, errors.New("typ")
	}
	claims := map[string]any{}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return nil, errors.New("claims")
	}
	if bytes.Count(payload, []byte(`"exp":`)) > 1 {
		return nil, errors.New("repeated")
	}
	now := float64(r.issuer.Now().Unix())
	iat, timed := claims["iat"].(float64)
	exp, hasExp := claims["exp"]
	until, _ := exp.(float64)
	nbf, _ := claims["nbf"].(float64)
	switch {
	case claims["iss"] != r.issuer.Issuer():
		return nil, errors.New("iss")
	case claims["aud"] != aud:
		return nil, errors.New("aud")
	case !timed || iat > now+60:
		return nil, errors.New("iat")
	case hasExp && (until <= now || until > now+1e9 || until != math.Trunc(until)), nbf > now+60:
		return nil, errors.New("time")
	case claims["jti"] == nil:
		return nil, errors.New("jti")
	}
	return claims, nil
}

func (r *signalReceiver) readLogout(token string) (map[string]any, error) {
	claims, err := r.read(token, "logout+jwt", r.client)
	if err != nil {
		return nil, err
	}
	events, _ := claims["events"].(map[string]any)
	switch _, isObject := events[logoutEvent].(map[string]any); {
	case !isObject:
		return nil, errors.New("events")
	case claims["nonce"] != nil:
		return nil, errors.New("nonce")
	case claims["exp"] == nil:
		return nil, errors.New("exp")
	case claims["sub"] == nil && claims["sid"] == nil:
		return nil, errors.New("subject")
	}
	return claims, nil
}

func (r *signalReceiver) readEvent(token string) (map[string]any, error) {
	claims, err := r.read(token, "secevent+jwt", "api")
	if err != nil {
		return nil, err
	}
	events, _ := claims["events"].(map[string]any)
	subject, _ := claims["sub_id"].(map[string]any)
	switch {
	case len(events) != 1:
		return nil, errors.New("events")
	case claims["exp"] != nil:
		return nil, errors.New("exp")
	case claims["sub"] != nil || subject == nil:
		return nil, errors.New("subject")
	case !slices.Contains([]any{"iss_sub", "opaque", "complex"}, subject["format"]):
		return nil, errors.New("format")
	}
	for kind := range events {
		if !strings.HasPrefix(kind, "https://schemas.openid.net/secevent/") {
			return nil, errors.New("events")
		}
	}
	return claims, nil
}

// signalFaults maps each defect to the reason that the strict receiver gives
// when it refuses a token with this defect.
var signalFaults = map[testserver.Defect]string{
	"expired": "time", "not-yet-valid": "time", "issued-in-future": "iat", "wrong-issuer": "iss", "wrong-audience": "aud", "missing-audience": "aud",
	"aud-not-string": "aud", "bad-signature": "signature", "truncated-signature": "signature", "zero-ecdsa-signature": "signature", "alg-none": "form",
	"alg-none-cased": "form", "hs256-confusion": "form", "unknown-kid": "key", "foreign-key-same-kid": "signature", "embedded-jwk": "key", "jku-header": "key",
	"x5u-header": "key", "crit-header": "signature", "alg-key-mismatch": "form", "duplicate-header": "form", "not-json": "claims", "four-segments": "segments",
	"padded-base64": "form", "trailing-bits": "encoding", "nested": "claims", "encrypted": "segments",
	"exp-as-string": "time", "exp-overflow": "time", "duplicate-claim": "repeated", "oversized": "length", "retired-key": "key", "no-kid": "key", "missing-exp": "exp",
	"exp-fractional": "time", "missing-sub": "subject",
	"event-missing": "events", "event-other": "events", "event-nonce": "nonce", "event-no-subject": "subject", "event-subject-format": "format",
	"event-access-typ": "typ", "event-plain-typ": "typ", "event-no-jti": "jti", "event-no-iat": "iat", "event-with-exp": "exp",
	"event-replayed": "replayed", "event-authorization": "authorization",
}

func TestAReceiverGetsGoodAndBadLogoutTokens(t *testing.T) {
	s := testserver.New(t)
	s.Rotate(testserver.Rotation{DropOld: true}) // for retired-key
	receiver := newSignalReceiver(t, s)
	to := testserver.Receiver{URL: receiver.URL + "/logout?a=b", Authorization: "not sent with logout tokens"}
	for name, opts := range map[string][]testserver.TokenOption{
		"a user":          nil,
		"a session":       {testserver.Claim("sid", "s1"), testserver.Without("sub")},
		"another user":    {testserver.Subject("alice"), testserver.Claim("sid", "s2")},
		"no subject":      {testserver.With("missing-sub"), testserver.Claim("sid", "s3")},
		"the default key": {testserver.SigningAlg("ES256")},
	} {
		if got, err := s.Logout(t.Context(), to, opts...); err != nil || got != (testserver.Receipt{Status: 200}) {
			t.Errorf("%s: got %+v, %v, want 200", name, got, err)
		}
	}
	for _, d := range slices.Concat(catalogue.LogoutDefects, catalogue.LogoutDefectsOnRequest) {
		if got, err := s.Logout(t.Context(), to, testserver.With(d)); err != nil || got.Status != 400 || strings.TrimSpace(got.Body) != signalFaults[d] {
			t.Errorf("%s: got %+v, %v, want 400 %q", d, got, err, signalFaults[d])
		}
	}
	if got := len(receiver.accepted()); got != 6 { // the five tokens above and the first delivery of event-replayed
		t.Errorf("got %d accepted tokens, want 6", got)
	}
}

func TestAReceiverGetsGoodAndBadSecurityEvents(t *testing.T) {
	s := testserver.New(t)
	s.Rotate(testserver.Rotation{DropOld: true})
	receiver := newSignalReceiver(t, s)
	receiver.authorization = "Bearer stream-secret"
	to := testserver.Receiver{URL: receiver.URL, Authorization: receiver.authorization}
	revoked := testserver.SecurityEvent{Type: testserver.SessionRevoked}
	for name, event := range map[string]testserver.SecurityEvent{
		"a session":       revoked,
		"a credential":    {Type: testserver.CredentialChange},
		"a verification":  {Type: testserver.Verification, Payload: map[string]any{"state": "x"}},
		"another of CAEP": {Type: "https://schemas.openid.net/secevent/caep/event-type/session-established"},
	} {
		if got, err := s.Transmit(t.Context(), to, event); err != nil || got != (testserver.Receipt{Status: 202}) {
			t.Errorf("%s: got %+v, %v, want 202", name, got, err)
		}
	}
	for _, d := range slices.Concat(catalogue.EventDefects, catalogue.EventDefectsOnRequest) {
		if got, err := s.Transmit(t.Context(), to, revoked, testserver.With(d)); err != nil || got.Status != 400 || strings.TrimSpace(got.Body) != signalFaults[d] {
			t.Errorf("%s: got %+v, %v, want 400 %q", d, got, err, signalFaults[d])
		}
	}
	if got := len(receiver.accepted()); got != 5 {
		t.Errorf("got %d accepted tokens, want 5", got)
	}
}

func TestClaimsOfSignals(t *testing.T) {
	s := testserver.New(t, testserver.IssuerURL("https://as.example"), testserver.Seed("signals"), testserver.Clock(atNoon), testserver.Audience("orders"))
	iss := `"iss":"https://as.example"`
	user := `{"format":"iss_sub",` + iss + `,"sub":"test-user"}`
	for name, tt := range map[string]struct {
		token string
		want  string // claims except jti and txn
	}{
		"a logout": {s.LogoutToken(), `{"aud":"test-client","events":{"` + logoutEvent + `":{}},"exp":1772366520,"iat":1772366400,` + iss + `,"sub":"test-user"}`},
		"a logout from a session of another client": {
			s.LogoutToken(testserver.ForClient("web"), testserver.Claim("sid", "s1"), testserver.Without("sub")),
			`{"aud":"web","events":{"` + logoutEvent + `":{}},"exp":1772366520,"iat":1772366400,` + iss + `,"sid":"s1"}`,
		},
		"a logout at an API": {
			s.LogoutToken(testserver.Audience("orders"), testserver.Without("exp")),
			`{"aud":"orders","events":{"` + logoutEvent + `":{}},"iat":1772366400,` + iss + `,"sub":"test-user"}`,
		},
		"a user": {
			s.EventToken(testserver.SecurityEvent{Type: testserver.SessionRevoked}),
			`{"aud":"orders","events":{"https://schemas.openid.net/secevent/caep/event-type/session-revoked":{"event_timestamp":1772366400}},"iat":1772366400,` + iss + `,"sub_id":` + user + `}`,
		},
		"a session": {
			s.EventToken(testserver.SecurityEvent{Type: "urn:x", Payload: map[string]any{"a": 1}}, testserver.Claim("sid", "s1"), testserver.Without("sub"), testserver.ForClient("web")),
			`{"aud":"web","events":{"urn:x":{"a":1}},"iat":1772366400,` + iss + `,"sub_id":{"format":"opaque","id":"s1"}}`,
		},
		"a user and a session": {
			s.EventToken(testserver.SecurityEvent{Type: testserver.CredentialChange}, testserver.Claim("sid", "s1")),
			`{"aud":"orders","events":{"https://schemas.openid.net/secevent/caep/event-type/credential-change":{"change_type":"update","credential_type":"password","event_timestamp":1772366400}},"iat":1772366400,` +
				iss + `,"sub_id":{"format":"complex","session":{"format":"opaque","id":"s1"},"user":` + user + `}}`,
		},
		"a stream": {
			s.EventToken(testserver.SecurityEvent{Type: testserver.Verification}, testserver.Without("aud")),
			`{"events":{"https://schemas.openid.net/secevent/ssf/event-type/verification":{}},"iat":1772366400,` + iss + `,"sub_id":{"format":"opaque","id":"stream-1"}}`,
		},
		"another subject": {
			s.EventToken(testserver.SecurityEvent{Type: "urn:x"}, testserver.Claim("sub_id", map[string]any{"format": "email", "email": "a@example.com"})),
			`{"aud":"orders","events":{"urn:x":{}},"iat":1772366400,` + iss + `,"sub_id":{"email":"a@example.com","format":"email"}}`,
		},
	} {
		_, claims := verified(t, s, tt.token)
		if claims["jti"] == "" || strings.Contains(name, "logout") == (claims["txn"] != nil) {
			t.Errorf("%s: got jti %v and txn %v", name, claims["jti"], claims["txn"])
		}
		delete(claims, "jti")
		delete(claims, "txn")
		if got, err := json.Marshal(claims); err != nil || string(got) != tt.want {
			t.Errorf("%s: got\n%s, %v, want\n%s", name, got, err, tt.want)
		}
	}
}

func TestAnAnswerOfAReceiver(t *testing.T) {
	s := testserver.New(t)
	api := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/redirect" {
			http.Redirect(w, r, "/", http.StatusTemporaryRedirect)
			return
		}
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, strings.Repeat("x", 1<<20))
	}))
	defer api.Close()
	to := testserver.Receiver{URL: api.URL, Client: api.Client()}
	if got, err := s.Logout(t.Context(), to); err != nil || got.Status != 503 || got.RetryAfter != "7" || len(got.Body) != 4<<10 || got.Accepted() {
		t.Errorf("got %d %q with %d bytes, %v, want 503 with Retry-After and 4 KiB", got.Status, got.RetryAfter, len(got.Body), err)
	}
	if got, err := s.Transmit(t.Context(), testserver.Receiver{URL: api.URL + "/redirect", Client: api.Client()}, testserver.SecurityEvent{Type: "urn:x"}); err != nil || got.Status != 307 {
		t.Errorf("got %+v, %v, want the redirect itself", got, err)
	}
}

func TestSignalsThatCannotBeSent(t *testing.T) {
	s := testserver.New(t)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	refusing := httptest.NewServer(http.NotFoundHandler())
	defer refusing.Close()
	key := testserver.GenerateKey("ES256", "")
	event := testserver.SecurityEvent{Type: testserver.SessionRevoked}
	for name, tt := range map[string]struct {
		url   string
		event testserver.SecurityEvent
		opt   testserver.TokenOption
		want  string
	}{
		"a closed port":           {closed.URL, event, testserver.Claim("a", 1), "the receiver cannot be reached: "},
		"a relative URL":          {"/logout", event, testserver.Claim("a", 1), "the URL of the receiver is not valid"},
		"a URL with a fragment":   {refusing.URL + "#a", event, testserver.Claim("a", 1), "the URL of the receiver is not valid"},
		"a URL with a password":   {"http://a:s3cret@127.0.0.1", event, testserver.Claim("a", 1), "the URL of the receiver is not valid"},
		"another scheme":          {"ftp://127.0.0.1", event, testserver.Claim("a", 1), "the URL of the receiver is not valid"},
		"no replay":               {refusing.URL, event, testserver.With("event-replayed"), "answered 404 to the first delivery"},
		"an opaque token":         {refusing.URL, event, testserver.OpaqueTokens(), "OpaqueTokens, BoundTo and BoundToCertificate do not apply to a "},
		"a bound token":           {refusing.URL, event, testserver.BoundTo(key), "OpaqueTokens, BoundTo and BoundToCertificate do not apply to a "},
		"a defect of other kinds": {refusing.URL, event, testserver.With("bound-as-bearer"), `With("bound-as-bearer") is not a defect of a `},
		"a nil option":            {refusing.URL, event, nil, "option 1 is nil"},
	} {
		to := testserver.Receiver{URL: tt.url}
		_, logout := s.Logout(t.Context(), to, tt.opt)
		_, transmit := s.Transmit(t.Context(), to, tt.event, tt.opt)
		for method, err := range map[string]error{"Logout": logout, "Transmit": transmit} {
			if err == nil || !strings.HasPrefix(err.Error(), "testserver."+method+": ") || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%s: got %v from %s, want %q", name, err, method, tt.want)
			}
		}
	}
	if _, err := s.Transmit(t.Context(), testserver.Receiver{URL: refusing.URL}, testserver.SecurityEvent{}); err == nil || !strings.Contains(err.Error(), "the type of the event is empty") {
		t.Errorf("got %v, want the type to be missing", err)
	}
	wantAll(t, fatalText(t, func(tb *recorder) { testserver.New(tb).LogoutToken(testserver.With("event-subject-format")) }), "LogoutToken: ", "is not a defect of a logout token")
	wantAll(t, fatalText(t, func(tb *recorder) { testserver.New(tb).EventToken(event, testserver.With("event-nonce")) }), "EventToken: ", "is not a defect of a security event token")
	wantAll(t, fatalText(t, func(tb *recorder) { testserver.New(tb).Token(testserver.With("event-nonce")) }), "give it to Logout or Transmit")
}
