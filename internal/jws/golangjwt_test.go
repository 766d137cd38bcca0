package jws_test

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"
)

var (
	errSegments = errors.New("not three segments")
	errMethod   = errors.New("method is not in the list")
)

// verifyWithGolangJWT verifies a token with golang-jwt and keyfunc only, with
// the options that a careful program would use: strict base64 and a list of
// methods without HMAC and "none".
//
// It cannot call jwt.Parser.Parse. Parse requires a JSON payload, but
// Wycheproof's payloads are words. Instead, it performs the other steps of
// Parse in the same order and with golang-jwt's own code. It splits the
// segments, decodes the header with encoding/json, finds the method by name,
// checks the list of methods, calls the key function, and verifies the
// signature with each returned key. It adds no checks, and accepts nothing that
// Parse would refuse.
func verifyWithGolangJWT(set []byte, compact string) error {
	keys, err := keyfunc.NewJWKSetJSON(set)
	if err != nil {
		return err
	}
	methods := asymmetric()
	parser := jwt.NewParser(jwt.WithValidMethods(methods), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation())

	parts := strings.Split(compact, ".")
	if len(parts) != 3 {
		return errSegments
	}
	token := &jwt.Token{Raw: compact}
	header, err := parser.DecodeSegment(parts[0])
	if err != nil {
		return err
	}
	if err := json.Unmarshal(header, &token.Header); err != nil {
		return err
	}
	if _, err := parser.DecodeSegment(parts[1]); err != nil {
		return err
	}
	alg, _ := token.Header["alg"].(string)
	for _, listed := range methods {
		if alg == listed {
			token.Method = jwt.GetSigningMethod(alg)
		}
	}
	if token.Method == nil {
		return errMethod
	}
	if token.Signature, err = parser.DecodeSegment(parts[2]); err != nil {
		return err
	}
	key, err := keys.Keyfunc(token)
	if err != nil {
		return err
	}
	candidates := []jwt.VerificationKey{key}
	if several, ok := key.(jwt.VerificationKeySet); ok {
		candidates = several.Keys
	}
	err = jwt.ErrTokenUnverifiable
	for _, candidate := range candidates {
		if err = token.Method.Verify(parts[0]+"."+parts[1], token.Signature, candidate); err == nil {
			return nil
		}
	}
	return err
}
