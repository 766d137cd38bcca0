package jws_test

import (
	"maps"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/jws"
	"github.com/bearerguard/bearerguard/jwks"
)

// exception is a test case that Wycheproof declares valid, but that this module
// refuses.
type exception struct {
	file   string
	id     int
	reason string
	want   error

	// repair removes the reason for the refusal. The repaired case must be
	// accepted. This shows that the case was refused only for this reason.
	repair func(key map[string]any, compact string) (repaired map[string]any, text string)
}

func withoutAlg(key map[string]any, compact string) (repaired map[string]any, text string) {
	repaired = maps.Clone(key)
	delete(repaired, "alg")
	return repaired, compact
}

func withoutQuestionMark(key map[string]any, compact string) (repaired map[string]any, text string) {
	return key, strings.Replace(compact, "?", "", 1)
}

var exceptions = []exception{
	{signatures, 346, "the key's alg is PS256 and the header's alg is PS384 (RFC 7517 §4.4)", jwks.ErrUnfitKey, withoutAlg},
	{signatures, 347, "the key's alg is ES521, which no RFC defines, so the key is skipped", jwks.ErrNoKeys, withoutAlg},
	{signatures, 350, "as 346: the key's alg is PS256 and the header's alg is PS384", jwks.ErrUnfitKey, withoutAlg},
	{signatures, 351, "as 347: a key for ES521", jwks.ErrNoKeys, withoutAlg},
	{signatures, 372, "the base64url of the header contains a question mark (RFC 7515 §2)", jws.ErrShape, withoutQuestionMark},
	{signatures, 373, "the base64url of the payload contains a question mark (RFC 7515 §2)", jws.ErrShape, withoutQuestionMark},
}

// misprint is a test case that Wycheproof declares invalid, although a valid
// case, the twin, has the same text. The case is meant to test padding, but its
// text in the file has no padding. So this module accepts the case.
type misprint struct {
	file     string
	id, twin int
}

var misprints = []misprint{
	{signatures, 367, 357},
	{signatures, 370, 357},
}

func exceptionFor(file string, id int) (exception, bool) {
	at := slices.IndexFunc(exceptions, func(e exception) bool { return e.file == file && e.id == id })
	if at < 0 {
		return exception{}, false
	}
	return exceptions[at], true
}
