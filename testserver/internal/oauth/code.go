package oauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
)

// authorizationCodeGrant handles the grant authorization_code (RFC 6749
// §4.1.3).
func (s tokenEndpoint) authorizationCodeGrant(t *tokenRequest) (*grant, *failure) {
	text := t.form.Get("code")
	if text == "" {
		return nil, invalidRequest("the parameter code is missing")
	}
	verifier := t.form.Get("code_verifier")
	if verifier != "" && !isVerifier(verifier) {
		return nil, invalidGrant("code_verifier is not 43 to 128 unreserved characters (RFC 7636 section 4.1)")
	}
	now := s.Clock.Now()
	var events []event
	defer func() { s.note(events...) }() // runs after the deferred unlock, because writing the log may be slow
	all, unlock := s.grants.Lock()
	defer unlock()
	code, known := all.Codes.Get(sha256.Sum256([]byte(text)))
	if !known || code.Family.Client != t.client.ID { // another client's code stays valid
		return nil, invalidGrant("the code is unknown, or was issued to another client")
	}
	if code.FamilyID != "" {
		events = replayed(all, code, text)
		return nil, invalidGrant("the code has been used before")
	}
	switch {
	case !now.Before(code.Expires):
		return nil, invalidGrant("the code has expired")
	case (code.Stated || t.form.Has("redirect_uri")) && t.form.Get("redirect_uri") != code.RedirectURI:
		return nil, invalidGrant("redirect_uri does not match the authorization request")
	case code.Challenge == "" && verifier != "": // an attacker may have removed the challenge (RFC 9700 §4.8.2)
		return nil, invalidGrant("code_verifier is set, but the authorization request had no code_challenge")
	case code.Challenge == "" && t.client.Public:
		return nil, invalidGrant("public clients must use PKCE (RFC 9700 section 2.1.1)")
	case code.Challenge != "" && verifier == "":
		return nil, invalidGrant("code_verifier is missing: the authorization request had a code_challenge")
	case code.Challenge != "" && !matchesChallenge(code.Challenge, verifier):
		return nil, invalidGrant("code_verifier does not match the code_challenge (RFC 7636 section 4.6)")
	case code.Key != "" && t.proof.Key == "":
		return nil, invalidProof("the authorization request had dpop_jkt, and the token request has no proof: send a DPoP field with a proof that is signed with the key whose thumbprint is dpop_jkt (RFC 9449 section 10)")
	case code.Key != "" && code.Key != t.proof.Key:
		return nil, invalidGrant("the key of the DPoP proof does not match dpop_jkt of the authorization request (RFC 9449 section 10)")
	}
	given := code.Family
	resources, failed := narrowed(given.Resources, t.targets)
	if failed != nil {
		return nil, failed
	}
	details, failed := s.narrowedDetails(given.Details, t.form)
	if failed != nil {
		return nil, failed
	}
	given.ID, given.Kind = s.Source.Name("family"), catalogue.AuthorizationCode
	s.startRefreshing(t.client, t.bound, t.proof.Key, &given, now)
	code.FamilyID = given.ID
	all.Begin(given, now)
	given.Resources, given.Details = resources, details
	undo := func(f *grants.Family) { code.FamilyID, f.Revoked = "", true }
	return &grant{Family: given, kind: journal.Issued, undo: undo}, nil
}

// replayed revokes the family of a code that is used a second time, because the
// code may have been stolen (RFC 6749 §4.1.2). It returns the events for the
// audit log.
func replayed(g *grants.State, code *grants.Code, text string) []event {
	f, ok := g.Families.Get(code.FamilyID)
	if !ok { // the family was dropped, so there is nothing to revoke
		return nil
	}
	events := reused("code", text, *f)
	f.Revoked = true
	return events
}

// isVerifier reports whether text has the syntax of a code_verifier (RFC 7636
// §4.1).
func isVerifier(text string) bool {
	return len(text) >= 43 && len(text) <= 128 && !strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune(unreserved, r) })
}

const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"

// isSHA256 reports whether text is a SHA-256 hash in base64url, as in
// code_challenge (RFC 7636 §4.2) and dpop_jkt (RFC 9449 §10).
func isSHA256(text string) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return err == nil && len(b) == sha256.Size && len(text) == 43
}

func matchesChallenge(challenge, verifier string) bool {
	sum := sha256.Sum256([]byte(verifier))
	got := base64.RawURLEncoding.EncodeToString(sum[:])
	return subtle.ConstantTimeCompare([]byte(got), []byte(challenge)) == 1
}
