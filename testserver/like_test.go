package testserver_test

import (
	"bytes"
	"crypto"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/internal/shapes"
	"github.com/bearerguard/bearerguard/testserver"
)

// serverMembers are the members whose values come from the mock server itself,
// not from the description of the provider that it imitates.
var serverMembers = []string{"iss", "exp", "iat", "jti", "kid", "client_id", "azp", "cid", "appid", "clientId", "client", "x5t", "x5t#S256", "x5tS256", "x5c"}

// forEachShape calls test for each provider in shapes.All, with a server that
// imitates the provider.
func forEachShape(t *testing.T, test func(t *testing.T, s *testserver.Server, shape shapes.Shape)) {
	t.Helper()
	for _, shape := range shapes.All {
		t.Run(shape.Name, func(t *testing.T) {
			test(t, testserver.New(t, testserver.Like(shape.Name)), shape)
		})
	}
}

// segments returns the decoded header and claims of a JWT.
func segments(t *testing.T, token string) (list [2]map[string]any) {
	t.Helper()
	for i := range list {
		text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &list[i]); err != nil {
			t.Fatal(err)
		}
	}
	return list
}

// asJSON returns v encoded as JSON and decoded again.
func asJSON(t *testing.T, v any) (read any) {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	return read
}

// wantMembers checks that an object has the members in list, which describe the
// imitated provider. If list repeats a name, only the last member with this
// name counts. If the name of a member is in others, wantMembers checks only
// that the member is present.
func wantMembers(t *testing.T, s *testserver.Server, shape shapes.Shape, object map[string]any, list []shapes.Member, others ...string) {
	t.Helper()
	for _, m := range list {
		value, _ := shapes.Lookup(list, m.Name)
		got, found := object[m.Name]
		if found != (value != nil) {
			t.Errorf("%s: got the member present %t, want %t", m.Name, found, value != nil)
		}
		if text, ok := value.(string); value == nil || ok && text == "{now}" || slices.Contains(others, m.Name) {
			continue
		}
		of := shapes.Filling{Issuer: s.Issuer(), Audience: "api"}
		want := asJSON(t, of.Value(value))
		if text, err := json.Marshal(want); err == nil && shape.Audience != "" { // replace the audience of the sample
			want = asJSON(t, json.RawMessage(strings.ReplaceAll(string(text), `"`+shape.Audience+`"`, `"api"`)))
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, want %v", m.Name, got, want)
		}
	}
}

func TestLikeTokens(t *testing.T) {
	forEachShape(t, func(t *testing.T, s *testserver.Server, shape shapes.Shape) {
		token := s.Token()
		if shape.Introspection != nil {
			if strings.Contains(token, ".") || introspected(t, s, token)["active"] != true {
				t.Errorf("got %s, want an active opaque token", token)
			}
			return
		}
		parts := segments(t, token)
		wantMembers(t, s, shape, parts[0], shape.Header, serverMembers...)
		wantMembers(t, s, shape, parts[1], shape.Claims, serverMembers...)
		alg := shape.Alg
		if alg == "" {
			alg = "RS256"
		}
		if _, typed := shapes.Lookup(shape.Header, "typ"); parts[0]["alg"] != alg || !typed && parts[0]["typ"] != nil {
			t.Errorf("got the header %v, want alg %s and no typ unless the shape has one", parts[0], alg)
		}
		for _, name := range []string{"nbf", "jti", "client_id"} {
			if _, named := shapes.Lookup(shape.Claims, name); !named && parts[1][name] != nil {
				t.Errorf("got %s, which the shape does not have", name)
			}
		}
		want := s.Issuer()
		if !strings.HasPrefix(shape.Issuer, "http") {
			want = shape.Issuer
		}
		if _, named := shapes.Lookup(shape.Claims, "iss"); !named && parts[1]["iss"] != want {
			t.Errorf("got iss %v, want %s", parts[1]["iss"], want)
		}
		if strings.HasSuffix(shape.Issuer, "/") != strings.HasSuffix(s.Issuer(), "/") {
			t.Errorf("got the issuer %s, want a trailing slash only if %s ends in a slash", s.Issuer(), shape.Issuer)
		}
		wantVerified(t, s, token)

		// Options override the values of the imitated provider.
		with := segments(t, s.Token(testserver.Claim("realm_access", 1), testserver.Claim("jti", "one"), testserver.Subject("alice"), testserver.Typ("at+jwt")))
		if with[1]["realm_access"] != 1.0 || with[1]["jti"] != "one" || with[1]["sub"] != "alice" || with[0]["typ"] != "at+jwt" {
			t.Errorf("got %v, want the values of the options", with)
		}
	})
}

// signed returns a JWT from the server: an access token, or an ID token if
// access tokens are opaque.
func signed(s *testserver.Server, shape shapes.Shape) string {
	if shape.Introspection != nil {
		return s.IDToken()
	}
	return s.Token()
}

// wantVerified verifies a token with its key from the served key set.
func wantVerified(t *testing.T, s *testserver.Server, token string) {
	t.Helper()
	if secret := s.SigningKey().Secret; secret != nil {
		verified(t, s, token, secret)
		return
	}
	header := segments(t, token)[0]
	for _, raw := range servedKeys(t, s) {
		text, err := json.Marshal(raw)
		if err != nil {
			t.Fatal(err)
		}
		var key jose.JSONWebKey // decoding fails if x5c or x5t does not match the key
		if json.Unmarshal(text, &key) != nil || header["kid"] != nil && key.KeyID != header["kid"] {
			continue
		}
		if header["kid"] == nil && header["x5t"] != nil && raw["x5t"] != header["x5t"] {
			continue
		}
		if _, _, err := verify(nil, token, key.Key); err == nil {
			return
		}
	}
	t.Errorf("no key of %s verifies a token with the header %v", s.JWKS(), header)
}

func servedKeys(t *testing.T, s *testserver.Server) (keys []map[string]any) {
	t.Helper()
	list, _ := getJSON(t, s.Client(), s.Endpoint(testserver.EndpointJWKS))["keys"].([]any)
	for _, one := range list {
		key, ok := one.(map[string]any)
		if !ok {
			t.Fatalf("got the key %v, want an object", one)
		}
		keys = append(keys, key)
	}
	return keys
}

func TestLikeKeys(t *testing.T) {
	forEachShape(t, func(t *testing.T, s *testserver.Server, shape shapes.Shape) {
		if s.SigningKey().Secret != nil {
			return
		}
		look := func(own int) {
			t.Helper()
			keys := servedKeys(t, s)
			if shape.Keys != nil && len(keys) != len(shape.Keys)-1+own {
				t.Errorf("got %d keys, want %d and %d of the server", len(keys), len(shape.Keys)-1, own)
			}
			for i, k := range shape.Keys {
				at := i + own - 1
				if i == 0 {
					at = 0
				}
				wantMembers(t, s, shape, keys[at], k.Members, append(serverMembers, "issuer")...)
				wantCertificate(t, keys[at])
			}
			if own > 1 {
				for name := range keys[0] {
					if keys[1][name] == nil {
						t.Errorf("got no %s of the new key, want the members of the old one", name)
					}
				}
			}
		}
		look(1)
		wantMembers(t, s, shape, getJSON(t, s.Client(), s.Endpoint(testserver.EndpointJWKS)), shape.Set)
		response, body := get(t, s.Client(), s.Endpoint(testserver.EndpointJWKS))
		if !bytes.Equal(body, s.JWKS()) {
			t.Error("got a key set that differs from JWKS")
		}
		before := signed(s, shape)
		s.Rotate()
		look(2)
		if next, _ := get(t, s.Client(), s.Endpoint(testserver.EndpointJWKS)); next.Header.Get("ETag") == response.Header.Get("ETag") {
			t.Error("got the same ETag after a rotation")
		}
		wantVerified(t, s, before)
		wantVerified(t, s, signed(s, shape))
	})
}

// wantCertificate checks that the certificate in a JWK, if present, has the
// same public key as the JWK.
func wantCertificate(t *testing.T, jwk map[string]any) {
	t.Helper()
	chain, ok := jwk["x5c"].([]any)
	if !ok {
		return
	}
	der, err := base64.StdEncoding.DecodeString(chain[0].(string))
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]any{"kty": jwk["kty"], "n": jwk["n"], "e": jwk["e"], "crv": jwk["crv"], "x": jwk["x"], "y": jwk["y"]})
	if err != nil {
		t.Fatal(err)
	}
	var key jose.JSONWebKey
	if err := json.Unmarshal(text, &key); err != nil {
		t.Fatal(err)
	}
	if equal, ok := key.Key.(interface{ Equal(crypto.PublicKey) bool }); ok && !equal.Equal(certificate.PublicKey) {
		t.Error("got the certificate of another key")
	}
	sum := sha1.Sum(der)
	if thumb := base64.RawURLEncoding.EncodeToString(sum[:]); jwk["x5t"] != nil && jwk["x5t"] != thumb {
		t.Errorf("got x5t %v, want %s", jwk["x5t"], thumb)
	}
}

func TestLikeMetadata(t *testing.T) {
	forEachShape(t, func(t *testing.T, s *testserver.Server, shape shapes.Shape) {
		for _, ep := range []testserver.Endpoint{testserver.EndpointDiscovery, testserver.EndpointASMetadata} {
			doc := getJSON(t, s.Client(), s.Endpoint(ep))
			if _, named := shapes.Lookup(shape.Metadata, "issuer"); !named && doc["issuer"] != s.Issuer() {
				t.Errorf("got the issuer %v, want %s", doc["issuer"], s.Issuer())
			}
			wantMembers(t, s, shape, doc, shape.Metadata, "jwks_uri", "token_endpoint", "authorization_endpoint", "introspection_endpoint",
				"userinfo_endpoint", "revocation_endpoint", "end_session_endpoint", "device_authorization_endpoint", "registration_endpoint")
		}
	})
}

func TestLikeGrants(t *testing.T) {
	forEachShape(t, func(t *testing.T, s *testserver.Server, shape shapes.Shape) {
		answer := map[string]any{}
		body := postAsTestClient(t, s, testserver.EndpointToken, url.Values{"grant_type": {"client_credentials"}, "scope": {"orders:read orders:write"}})
		if err := json.Unmarshal(body, &answer); err != nil {
			t.Fatal(err)
		}
		token, _ := answer["access_token"].(string)
		claims, named := map[string]any{}, shape.Claims
		if shape.Introspection != nil { // the token is opaque
			named = nil
		} else {
			wantVerified(t, s, token)
			claims = segments(t, token)[1]
		}
		for _, m := range named {
			value, _ := shapes.Lookup(shape.Claims, m.Name)
			var want any
			switch value.(type) {
			case nil:
				continue
			case string:
				want = "orders:read orders:write"
			default:
				want = []any{"orders:read", "orders:write"}
			}
			if slices.Contains([]string{"scope", "scp", "scopes"}, m.Name) && !reflect.DeepEqual(claims[m.Name], want) {
				t.Errorf("got %s %v, want %v", m.Name, claims[m.Name], want)
			}
			if slices.Contains([]string{"client_id", "azp", "cid", "appid"}, m.Name) && claims[m.Name] != "test-client" {
				t.Errorf("got %s %v, want test-client", m.Name, claims[m.Name])
			}
		}
		for _, one := range []string{token, s.Token()} {
			if members := introspected(t, s, one); members["active"] != true {
				t.Errorf("got %v, want an active token", members)
			}
		}
		members := introspected(t, s, s.Token(testserver.OpaqueTokens()))
		for _, m := range shape.Introspection {
			if value, _ := shapes.Lookup(shape.Introspection, m.Name); value == nil && members[m.Name] != nil {
				t.Errorf("got %s in introspection, want none", m.Name)
			} else if _, found := members[m.Name]; value != nil && !found && !slices.Contains([]string{"scope", "scp", "scopes", "exp"}, m.Name) {
				t.Errorf("got no %s in introspection, want one", m.Name)
			}
		}
		if !s.Revoke(token) || introspected(t, s, token)["active"] != false {
			t.Error("got a token that cannot be revoked")
		}
	})
}

func introspected(t *testing.T, s *testserver.Server, token string) (members map[string]any) {
	t.Helper()
	response := postAsTestClient(t, s, testserver.EndpointIntrospect, url.Values{"token": {token}})
	if err := json.Unmarshal(response, &members); err != nil {
		t.Fatal(err)
	}
	return members
}

// postAsTestClient sends a form as test-client and returns the body of the
// response.
func postAsTestClient(t *testing.T, s *testserver.Server, ep testserver.Endpoint, form url.Values) []byte {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, s.Endpoint(ep), strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth("test-client", "test-secret")
	response, err := s.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return body
}
