package token

import "strconv"

// proofTimeDefects returns the defects of a proof that has a wrong time or a
// wrong nonce.
func proofTimeDefects() []Defect {
	return []Defect{{
		Name:  "dpop-iat-missing",
		Wrong: "The proof has no iat, so it never becomes too old (RFC 9449 §4.3, items 3 and 11).",
		Fix:   "Require iat.",
		prove: lacking("iat"),
	}, {
		Name:  "dpop-iat-as-string",
		Wrong: "iat is a JSON string; a NumericDate is a JSON number (RFC 7519 §2, §4.1.6; RFC 9449 §4.3, item 2).",
		Fix:   "Refuse a claim of the wrong type; never skip a check because a claim cannot be parsed.",
		prove: proved(func(f *proofForgery) { f.Set("iat", strconv.FormatInt(f.Now.Unix(), 10)) }),
	}, {
		Name: "dpop-iat-old", Nonces: OnlyWithoutNonces,
		Wrong: "The proof was made an hour ago; a proof is acceptable for seconds or minutes (RFC 9449 §4.3, item 11; §11.1).",
		Fix:   "Refuse a proof whose iat is more than a minute or so before the clock.",
		prove: proved(func(f *proofForgery) { f.SetTime("iat", -far) }),
	}, {
		Name: "dpop-iat-future", Nonces: OnlyWithoutNonces,
		Wrong: "iat is an hour in the future: an attacker with a moment's access to the key can prepare proofs in advance (RFC 9449 §4.3, item 11; §11.2).",
		Fix:   "Refuse a proof whose iat is ahead of the clock by more than the skew.",
		prove: proved(func(f *proofForgery) { f.SetTime("iat", far) }),
	}, {
		Name:  "dpop-expired",
		Wrong: "The proof has an exp an hour ago; a JWT must not be accepted on or after exp (RFC 7519 §4.1.4; RFC 9449 §4.3, item 2).",
		Fix:   "If exp is present, compare it with the clock.",
		prove: proved(func(f *proofForgery) { f.SetTime("exp", -far) }),
	}, {
		Name:  "dpop-not-yet-valid",
		Wrong: "The proof has an nbf in an hour; a JWT must not be accepted before nbf (RFC 7519 §4.1.5; RFC 9449 §4.3, item 2).",
		Fix:   "If nbf is present, compare it with the clock.",
		prove: proved(func(f *proofForgery) { f.SetTime("nbf", far) }),
	}, {
		Name: "dpop-nonce-missing", Nonces: OnlyWithNonces,
		Wrong: "The proof has no nonce, and the API requires one (RFC 9449 §9; §4.3, item 10).",
		Fix:   "Answer 401 with error=\"use_dpop_nonce\" and a nonce in the field DPoP-Nonce.",
		prove: lacking("nonce"),
	}, {
		Name: "dpop-nonce-foreign", Nonces: OnlyWithNonces,
		// RFC 9449 allows two error codes: invalid_dpop_proof (§4.3, item 10)
		// and use_dpop_nonce (§9).
		Codes: []string{"invalid_dpop_proof"},
		Wrong: "The proof has a nonce that the API did not issue (RFC 9449 §9; §4.3, item 10).",
		Fix:   "Check that the API issued the nonce, not only that there is one; answer 401 with error=\"use_dpop_nonce\" and a nonce in the field DPoP-Nonce.",
		prove: proved(func(f *proofForgery) { f.Set("nonce", RandomSource().Name("nonce")) }),
	}}
}
