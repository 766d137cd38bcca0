package jws_test

import (
	"maps"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/jws"
	"github.com/bearerguard/bearerguard/jwks"
)

// exception is a case that Wycheproof calls valid and this module refuses.
type exception struct {
	file   string
	id     int
	reason string
	want   error

	// mend undoes the reason. The case must be accepted then: nothing else may
	// be wrong with it.
	mend func(key map[string]any, compact string) (mended map[string]any, text string)
}

func withoutAlg(key map[string]any, compact string) (mended map[string]any, text string) {
	mended = maps.Clone(key)
	delete(mended, "alg")
	return mended, compact
}

func withoutQuestionMark(key map[string]any, compact string) (mended map[string]any, text string) {
	return key, strings.Replace(compact, "?", "", 1)
}

var exceptions = []exception{
	{signatures, 346, "the key is for PS256 by its alg, the header says PS384 (RFC 7517 §4.4)", jwks.ErrUnfitKey, withoutAlg},
	{signatures, 347, "the key's alg is ES521, which no RFC defines, so the key is left out of the set", jwks.ErrNoKeys, withoutAlg},
	{signatures, 350, "as 346: a PS256 key under PS384", jwks.ErrUnfitKey, withoutAlg},
	{signatures, 351, "as 347: a key for ES521", jwks.ErrNoKeys, withoutAlg},
	{signatures, 372, "a question mark stands inside the base64url of the header (RFC 7515 §2)", jws.ErrShape, withoutQuestionMark},
	{signatures, 373, "a question mark stands inside the base64url of the payload (RFC 7515 §2)", jws.ErrShape, withoutQuestionMark},
}

// misprint is a case that Wycheproof calls invalid although its text is that
// of a valid one: the padding it is about is not in the file. It is accepted,
// since nothing is wrong with it.
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
