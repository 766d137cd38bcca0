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

// verifyAlone verifies as a program does that uses golang-jwt and keyfunc as
// they come, with the options a careful author sets: the methods listed, so no
// HMAC and no "none", and strict base64.
//
// jwt.Parser.Parse itself cannot run, because it reads the payload as JSON and
// Wycheproof's payloads are words. Its other steps are taken here one by one
// and in its order, each by golang-jwt's own code: the segments, the header by
// encoding/json, the method by its name, the list of methods, the key function,
// the signature by each key that it returned. Nothing is added and nothing that
// the parser would have refused is let through.
func verifyAlone(set []byte, compact string) error {
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
