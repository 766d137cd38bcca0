package testserver_test

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/bearerguard/bearerguard/testserver"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// sameSeedServers returns two servers that make the same tokens. If one makes a
// bad token and the other makes the good token, only the defect differs.
func sameSeedServers(t *testing.T) (a, b *testserver.Server) {
	t.Helper()
	opts := []testserver.Option{testserver.InMemory(), testserver.Seed("twins"), testserver.Clock(atNoon)}
	return testserver.New(t, opts...), testserver.New(t, opts...)
}

// decodeSegments returns the first three segments of a token, decoded
// leniently.
func decodeSegments(t *testing.T, token string) (header, claims string, signature []byte) {
	t.Helper()
	var raw [3][]byte
	for i, segment := range strings.SplitN(token, ".", 4)[:3] {
		var err error
		if raw[i], err = base64.RawURLEncoding.DecodeString(strings.TrimRight(segment, "=")); err != nil {
			t.Fatal(err)
		}
	}
	return string(raw[0]), string(raw[1]), raw[2]
}

// changedMembers returns the names of the members that differ between the JSON
// objects a and b.
func changedMembers(t *testing.T, a, b string) []string {
	t.Helper()
	var before, after map[string]any
	if err := json.Unmarshal([]byte(a), &before); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(b), &after); err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for name := range before {
		names[name] = true
	}
	for name := range after {
		names[name] = true
	}
	for name := range names {
		if reflect.DeepEqual(before[name], after[name]) {
			delete(names, name)
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// signedBy reports whether the given ES256 key signed token. It ignores the
// header of the token.
func signedBy(key testserver.Key, token string) bool {
	dot := strings.LastIndexByte(token, '.')
	sig, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	digest := sha256.Sum256([]byte(token[:dot]))
	return err == nil && len(sig) == 64 && ecdsa.Verify(key.Private.Public().(*ecdsa.PublicKey), digest[:],
		new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:]))
}

const (
	signedByIssuer   = "by the issuer's key"
	signedByAttacker = "by an unpublished key"
)

// changes lists how some bad tokens differ from the good token: the changed
// members of the header, the changed claims, and who signed the bad token.
var changes = map[testserver.Defect]struct{ header, claims, signed string }{
	testserver.Expired:           {"", "exp iat nbf", signedByIssuer},
	testserver.NotYetValid:       {"", "exp nbf", signedByIssuer},
	testserver.IssuedInFuture:    {"", "exp iat", signedByIssuer},
	testserver.WrongIssuer:       {"", "iss", signedByIssuer},
	testserver.WrongAudience:     {"", "aud", signedByIssuer},
	testserver.MissingAudience:   {"", "aud", signedByIssuer},
	testserver.MissingExp:        {"", "exp", signedByIssuer},
	testserver.MissingScope:      {"", "scope", signedByIssuer},
	testserver.MissingSub:        {"", "sub", signedByIssuer},
	testserver.WeakACR:           {"", "acr", signedByIssuer},
	testserver.StaleAuth:         {"", "auth_time", signedByIssuer},
	testserver.ExpAsString:       {"", "exp", signedByIssuer},
	testserver.ExpOverflow:       {"", "exp", signedByIssuer},
	testserver.ExpFractional:     {"", "exp", signedByIssuer},
	testserver.AudNotString:      {"", "aud", signedByIssuer},
	testserver.Oversized:         {"", "padding", signedByIssuer},
	testserver.WrongTyp:          {"typ", "", signedByIssuer},
	testserver.IDTokenAsAccess:   {"typ", "at_hash auth_time azp client_id nbf nonce scope", signedByIssuer},
	testserver.BoundAsBearer:     {"", "cnf", signedByIssuer},
	testserver.NoKid:             {"kid", "", signedByIssuer},
	testserver.CritHeader:        {"crit urn:testserver:unknown", "", signedByIssuer},
	testserver.UnknownKid:        {"kid", "", signedByAttacker},
	testserver.ForeignKeySameKid: {"", "", signedByAttacker},
	testserver.EmbeddedJWK:       {"jwk kid", "", signedByAttacker},
	testserver.JKUHeader:         {"jku kid", "", signedByAttacker},
	testserver.X5UHeader:         {"kid x5u", "", signedByAttacker},
	testserver.AlgNone:           {"alg", "", ""},
	testserver.AlgNoneCased:      {"alg", "", ""},
}

func TestADefectChangesOneThing(t *testing.T) {
	for d, want := range changes {
		t.Run(string(d), func(t *testing.T) {
			a, b := sameSeedServers(t)
			header, claims, _ := decodeSegments(t, a.Token(testserver.Scope("a")))
			bad := b.Token(testserver.Scope("a"), testserver.With(d))
			badHeader, badClaims, sig := decodeSegments(t, bad)
			if got := strings.Join(changedMembers(t, header, badHeader), " "); got != want.header {
				t.Errorf("got a header with %q changed, want %q", got, want.header)
			}
			if got := strings.Join(changedMembers(t, claims, badClaims), " "); got != want.claims {
				t.Errorf("got claims with %q changed, want %q", got, want.claims)
			}
			issuers := signedBy(b.SigningKey(), bad)
			switch {
			case want.signed == "" && len(sig) != 0:
				t.Error("got a signature, want none")
			case want.signed != "" && issuers != (want.signed == signedByIssuer):
				t.Errorf("got a signature by the issuer: %v, want one %s", issuers, want.signed)
			}
		})
	}
}

// Each function in the table repairs a bad token. The result must be the good
// token.
func TestARepairedTokenIsTheGoodOne(t *testing.T) {
	encoded := base64.RawURLEncoding.EncodeToString
	for d, repair := range map[testserver.Defect]func(bad string) (good string){
		testserver.FourSegments: func(bad string) string { return bad[:strings.LastIndexByte(bad, '.')] },
		testserver.PaddedBase64: func(bad string) string { return strings.TrimSuffix(bad, "==") },
		testserver.TrailingBits: func(bad string) string {
			_, _, sig := decodeSegments(t, bad)
			return bad[:strings.LastIndexByte(bad, '.')+1] + encoded(sig)
		},
		testserver.BadSignature: func(bad string) string {
			_, _, sig := decodeSegments(t, bad)
			sig[len(sig)/2] ^= 1
			return bad[:strings.LastIndexByte(bad, '.')+1] + encoded(sig)
		},
		testserver.Nested: func(bad string) string {
			_, inner, _ := decodeSegments(t, bad)
			return inner
		},
		testserver.Encrypted: func(bad string) string {
			jwe, err := jose.ParseEncryptedCompact(bad, []jose.KeyAlgorithm{"dir"}, []jose.ContentEncryption{"A256GCM"})
			if err != nil {
				t.Fatal(err)
			}
			inner, err := jwe.Decrypt(token.SeededSource("twins").Draw("encryption key", 32))
			if err != nil {
				t.Fatal(err)
			}
			return string(inner)
		},
	} {
		a, b := sameSeedServers(t)
		good, bad := a.Token(), b.Token(testserver.With(d))
		if good == bad {
			t.Errorf("%s: got the good token", d)
		}
		if got := repair(bad); got != good {
			t.Errorf("%s: got %s repaired, want the good token %s", d, got, good)
		}
		verified(t, a, repair(bad))
	}
}

func TestBytesOfDefects(t *testing.T) {
	a, b := sameSeedServers(t)
	good := a.Token()
	header, claims, sig := decodeSegments(t, good)
	next := func(d testserver.Defect) (string, string, []byte) {
		_, b := sameSeedServers(t)
		return decodeSegments(t, b.Token(testserver.With(d)))
	}
	if _, got, _ := next(testserver.NotJSON); got+"}" != claims {
		t.Errorf("got claims %s, want all but the last brace of %s", got, claims)
	}
	if _, got, _ := next(testserver.DuplicateClaim); got != claims[:len(claims)-1]+`,"exp":1772362800}` {
		t.Errorf("got claims %s, want exp again, an hour ago", got)
	}
	if got, _, _ := next(testserver.DuplicateHeader); got != header[:len(header)-1]+`,"alg":"none"}` {
		t.Errorf("got header %s, want alg again, none", got)
	}
	if _, got, _ := next(testserver.ExpOverflow); !strings.Contains(got, `"exp":18446744075481918316`) {
		t.Errorf("got claims %s, want exp 2^64 later than 1772366700", got)
	}
	if _, got, _ := next(testserver.ExpAsString); !strings.Contains(got, `"exp":"1772366700"`) {
		t.Errorf("got claims %s, want exp in quotes", got)
	}
	if _, got, _ := next(testserver.AudNotString); !strings.Contains(got, `"aud":["api",7]`) {
		t.Errorf("got claims %s, want a number next to the audience", got)
	}
	if _, _, got := next(testserver.TruncatedSignature); string(got) != string(sig[:32]) {
		t.Error("got another signature, want the first half of the good one")
	}
	if _, _, got := next(testserver.ZeroECDSASignature); string(got) != string(make([]byte, 64)) {
		t.Errorf("got signature %x, want 64 zeros", got)
	}
	token := b.Token(testserver.With(testserver.EmbeddedJWK))
	got, _, _ := decodeSegments(t, token)
	var embedded struct{ JWK jose.JSONWebKey }
	if err := json.Unmarshal([]byte(got), &embedded); err != nil || !embedded.JWK.Valid() || !embedded.JWK.IsPublic() {
		t.Fatalf("got header %s, %v, want a public key in it", got, err)
	}
	verified(t, b, token, embedded.JWK.Key)
	if embedded.JWK.Key.(*ecdsa.PublicKey).Equal(b.SigningKey().Private.Public()) {
		t.Error("got the server's key embedded, want another")
	}
}
