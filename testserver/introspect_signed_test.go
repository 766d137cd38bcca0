package testserver_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/testserver"
)

const signedType = "application/token-introspection+jwt"

// The test verifies the signed responses (RFC 9701 §5) with go-jose and
// compares them with the plain responses.
func TestSignedResponsesMatchPlainOnes(t *testing.T) {
	for _, alg := range []testserver.Alg{"ES256", "PS256", "EdDSA", "HS256"} {
		s := testserver.New(t, testserver.SigningAlg(alg), testserver.Clock(atNoon))
		reply := map[string]any{"active": true, "scope": 7, "html": "<&>"}
		s.SetIntrospection("configured", reply)
		for name, token := range map[string]string{"opaque": opaque(s), "a JWT": s.Token(), "unknown": "x", "configured": "configured"} {
			_, plain := introspectionResponse(t, s, token)
			contentType, signed := introspectionResponse(t, s, token, signedType)
			if contentType != signedType {
				t.Errorf("%s, %s: got %s, want %s", alg, name, contentType, signedType)
			}
			header, claims := verified(t, s, signed)
			if header.ExtraHeaders["typ"] != "token-introspection+jwt" || header.Algorithm != "RS256" {
				t.Errorf("%s, %s: got header %+v, want RFC 9701's typ, and its default algorithm", alg, name, header)
			}
			if got := slices.Sorted(maps.Keys(claims)); fmt.Sprint(got) != "[aud iat iss token_introspection]" {
				t.Errorf("%s, %s: got claims %v, want only these four", alg, name, got)
			}
			if claims["iss"] != s.Issuer() || claims["aud"] != "test-client" || claims["iat"] != float64(noon.Unix()) {
				t.Errorf("%s, %s: got %v, want the issuer, the requesting client, and now", alg, name, claims)
			}
			var inner struct {
				Introspection json.RawMessage `json:"token_introspection"`
			}
			if err := json.Unmarshal([]byte(payload(t, signed)), &inner); err != nil || string(inner.Introspection) != plain {
				t.Errorf("%s, %s: got %s, %v, want %s", alg, name, inner.Introspection, err, plain)
			}
		}
	}
}

func TestSignedResponseAudience(t *testing.T) {
	s := testserver.New(t, testserver.Clients(testserver.Client{ID: "orders-api", Secret: "s"}))
	rec := postForm(s, "token=x", "Authorization", basic("orders-api:s"), "Accept", signedType)
	if _, claims := verified(t, s, rec.Body.String()); claims["aud"] != "orders-api" {
		t.Errorf("got aud %v, want orders-api", claims["aud"])
	}
}

func TestSignedResponseIsNotAnAccessToken(t *testing.T) {
	s := testserver.New(t)
	_, signed := introspectionResponse(t, s, opaque(s), signedType)
	if active(t, s, signed) || s.Revoke(signed) {
		t.Error("got a response accepted as a token")
	}
}

func TestSignedResponseRequiresAccept(t *testing.T) {
	s := testserver.New(t)
	for accept, want := range map[string]string{
		"application/json":        "application/json",
		"*/*":                     "application/json",
		"application/*":           "application/json",
		"text/html":               "application/json",
		"token-introspection+jwt": "application/json",
		signedType + ";q=0":       "application/json",
		signedType + "; q=0.000, application/json":  "application/json",
		"application/json, " + signedType + ";q=.1": signedType,
		"a b, APPLICATION/Token-Introspection+JWT":  signedType,
		signedType + `; q="nonsense"`:               signedType,
	} {
		if got, _ := introspectionResponse(t, s, "x", accept); got != want {
			t.Errorf("Accept: %s: got %s, want %s", accept, got, want)
		}
	}
	if got, _ := introspectionResponse(t, s, "x", "text/html", signedType); got != signedType {
		t.Errorf("in a second field: got %s, want %s", got, signedType)
	}
}

func TestErrorsAreNotSigned(t *testing.T) {
	s := testserver.New(t)
	rec := postForm(s, "token=x", "Accept", signedType)
	if got := rec.Header().Get("Content-Type"); rec.Code != http.StatusUnauthorized || got != "application/json" {
		t.Errorf("got %d %s, want 401 and JSON", rec.Code, got)
	}
}

func TestSignedResponseUsesTheCurrentKey(t *testing.T) {
	s := testserver.New(t, testserver.SigningAlg("RS256"))
	_, before := introspectionResponse(t, s, "x", signedType)
	key := s.Rotate(testserver.Rotation{DropOld: true})
	_, after := introspectionResponse(t, s, "x", signedType)
	if header, _ := verified(t, s, after); header.KeyID != key.ID {
		t.Errorf("got kid %q, want the kid of the new key, %q", header.KeyID, key.ID)
	}
	if _, _, err := verify(s.JWKS(), before); err == nil || !strings.Contains(err.Error(), "published keys") {
		t.Errorf("got %v, want a response signed with a retired key", err)
	}
	if _, err := jose.ParseSignedCompact(before, allAlgs); err != nil {
		t.Error(err)
	}
}
