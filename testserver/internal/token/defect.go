package token

import (
	"slices"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
)

// Defect is one way in which a token or a DPoP proof can be wrong.
type Defect struct {
	Name           catalogue.Defect
	Wrong          string // what is wrong, with the RFC section
	Fix            string // what to change in an API that accepts the token
	introspectable bool   // also possible in the introspection response of an opaque token
	forge          forge  // nil for a defect of proofs

	Codes  []string // additional error codes that a correct API may return
	Nonces Nonces   // which APIs refuse the proof

	prove forgeProof                // nil for a defect of tokens
	shown func(Key) (Object, error) // makes the jwk that the token is bound to; if nil, the token is bound to the client's public key
}

// forge makes a token with one defect. It is called after all token options.
// The option that sets the defect may therefore be in any position.
type forge func(*forgery) (string, error)

// forgery is a valid unsigned token that a forge function turns into an invalid
// token.
type forgery struct {
	*Draft
	key    Key // the signing key; its alg and kid are already in the header
	minter *Minter
}

// Catalogue returns the defects that every access token can have: wrong claims,
// a wrong kind of token, wrong keys and signatures, a wrong encoding, or a
// state on the server that makes the token invalid. Defects of the binding to a
// certificate are in [CertificateCatalogue], and those of other tokens are in
// [SignalCatalogue].
func Catalogue() []Defect {
	return slices.Concat(claimDefects(), kindDefects(), keyDefects(), byteDefects(), stateDefects())
}

// DefectNames returns the names of all defects in [Catalogue], for error
// messages.
func DefectNames() string { return namesOf(Catalogue()) }

func namesOf(defects []Defect) string {
	var names []string
	for _, d := range defects {
		names = append(names, string(d.Name))
	}
	return strings.Join(names, ", ")
}

// FindDefect returns the defect that has the given name. It can be a defect of
// a token, of a DPoP proof or of a signal.
func FindDefect(name catalogue.Defect) (Defect, bool) {
	all := slices.Concat(Catalogue(), ProofCatalogue(), CertificateCatalogue(), SignalCatalogue())
	i := slices.IndexFunc(all, func(d Defect) bool { return d.Name == name })
	if i < 0 {
		return Defect{}, false
	}
	return all[i], true
}

// edited returns a forge function that makes a correctly signed token with
// wrong contents. It calls edit to change the contents before the token is
// signed.
func edited(edit func(*forgery)) forge {
	return func(f *forgery) (string, error) {
		edit(f)
		return f.token()
	}
}

// without returns a forge function that makes a token without the given claim.
func without(claim string) forge {
	return edited(func(f *forgery) { f.Claims.Delete(claim) })
}

// token makes a token from the current draft.
func (f *forgery) token() (string, error) {
	if err := f.Err(); err != nil {
		return "", err
	}
	return f.minter.Write(f.Draft, f.key)
}

// seal signs a header and a payload with the forgery's key.
func (f *forgery) seal(header, payload []byte) (string, error) {
	if err := f.Err(); err != nil {
		return "", err
	}
	return seal(header, payload, f.key, f.minter.Source.Seeded())
}

// texts returns the header and the claims as JSON, before they are encoded and
// signed.
func (f *forgery) texts() (header, claims []byte, err error) {
	if header, err = f.Header.MarshalJSON(); err != nil {
		return nil, nil, err
	}
	claims, err = f.Claims.MarshalJSON()
	return header, claims, err
}

// use changes the signing key, and writes the alg and the kid of the new key
// into the header.
func (f *forgery) use(key Key) {
	f.key = key
	f.SetHeader("alg", string(key.Alg))
	if key.ID == "" {
		f.Header.Delete("kid")
		return
	}
	f.SetHeader("kid", key.ID)
}

// far is longer than any clock skew that an API should allow.
const far = time.Hour
