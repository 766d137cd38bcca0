package testserver_test

import (
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

// Each request with a bound token needs a new proof, signed with the key that
// the token is bound to.
func ExampleBoundTo() {
	as := testserver.New(new(testing.T))
	defer as.Close()

	key := testserver.GenerateKey("ES256", "")
	token := as.Token(testserver.BoundTo(key), testserver.Scope("orders:read"))

	r := httptest.NewRequest("GET", "https://api.example.com/orders?page=2", nil)
	r.Header.Set("Authorization", "DPoP "+token)
	r.Header["Dpop"] = testserver.Proof(key, r.Method, r.URL.String(), token)
	fmt.Println(len(r.Header.Values("DPoP")), "proof")
	// Output: 1 proof
}

// The client reads its key from a file.
func ExampleParseKey() {
	file := []byte(`{"kty":"EC","crv":"P-256","x":"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
		"y":"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps","d":"0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo"}`)
	key, err := testserver.ParseKey(file)
	fmt.Println(key.Alg, err)
	// Output: ES256 <nil>
}

// A proof with a defect is wrong in exactly one way. Some defects, such as
// dpop-rsa-1024, change the key of the proof. If the token is made with the
// same defect, it is bound to the changed key. Otherwise the key of the token
// would be a second mistake.
func ExampleProof() {
	as := testserver.New(new(testing.T))
	defer as.Close()

	key := testserver.GenerateKey("ES256", "")
	for _, defect := range []testserver.Defect{"dpop-missing", "dpop-two-fields", "dpop-rsa-1024"} {
		token := as.Token(testserver.BoundTo(key), testserver.With(defect))
		fields := testserver.Proof(key, "GET", "https://api.example.com/orders", token, testserver.With(defect))
		status, code := defect.Expect()
		fmt.Printf("%s: %d values, want %d %s\n", defect, len(fields), status, code)
	}
	// Output:
	// dpop-missing: 0 values, want 401 invalid_dpop_proof
	// dpop-two-fields: 2 values, want 401 invalid_dpop_proof
	// dpop-rsa-1024: 1 values, want 401 invalid_dpop_proof
}
