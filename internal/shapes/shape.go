// Package shapes has, as data, what real authorization servers send: the header
// and the claims of their tokens, the members of their key sets and of their
// metadata, and what introspection answers, each with rows of tokens that are good
// and bad at an API of theirs. All values are made up.
//
// Nothing here signs, serves or verifies anything, and no other package of the
// module is imported.
package shapes

import "slices"

// Shape is one kind of token of a provider.
type Shape struct {
	Name     string // on the command line and in docs, such as "keycloak"
	Title    string // for people, such as "Keycloak 26"
	Issuer   string // of the samples, as the provider writes it
	Audience string // of the API that the samples are for

	// Header are members of the JOSE header besides alg and kid, and Claims those
	// of the token in their order. iss, aud, sub, iat and exp are those of any token,
	// unless they are named. In texts {issuer} is the issuer, {audience} the audience
	// and {now} a NumericDate; as the whole text, {now} is a number.
	Header []Member
	Claims []Member

	Alg      string   // what signs, "" for RS256
	Keys     []Key    // of the key set, the signing one first; none means one with alg and use
	Set      []Member // members of the key set beside keys
	Metadata []Member // what differs in the metadata

	Introspection []Member // what introspection answers; nil: nothing in particular

	Good []Row // besides the sample itself
	Bad  []Row

	// For people: how to configure the provider, the function of package issuers that
	// describes it, how its tokens are recognised, and what is often wrong with them.
	Setup      string
	Preset     string // "Keycloak"
	Recognised Recognised
	Hints      []Hint
}

// Recognised says by what a token of the provider differs from others.
type Recognised struct {
	Issuer string   // a regular expression for iss, "" for none
	Claims []string // claims that only its tokens have, all of them; nil for none
	Header []string // likewise, header parameters
}

// Hint is something that is often wrong, and what to do about it.
type Hint struct {
	Header bool   // it is about a header parameter, and not a claim
	Name   string // of the claim
	Value  string // which the claim has, or one of its elements; "" if it is enough that it is there
	Absent bool   // it is about a claim that is not there
	Text   string // for people: what it means and what to do
}

// Member is a member of a JSON object. A nil Value leaves it out, and Null writes
// null.
type Member struct {
	Name  string
	Value any
}

// Null is the value null.
type Null struct{}

// Key is a key of a key set.
type Key struct {
	Alg     string // the algorithm of a key that is made, "" for one that Members describe whole
	Members []Member
}

// Row is the sample with differences, and how an API answers it.
type Row struct {
	Name   string // a sentence
	Header []Member
	Claims []Member
	Needs  string // a scope or role that the route needs, "" for none
	Status int    // 200, 401 or 403

	AnotherKey bool // a key signs that the key set does not have
}

// Find returns the shape of that name.
func Find(name string) (Shape, bool) {
	i := slices.IndexFunc(All, func(s Shape) bool { return s.Name == name })
	if i < 0 {
		return Shape{}, false
	}
	return All[i], true
}

// Names are those of all shapes, in the order of All.
func Names() []string {
	var names []string
	for _, s := range All {
		names = append(names, s.Name)
	}
	return names
}
