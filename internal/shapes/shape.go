// Package shapes describes, as data, what real authorization servers send: the
// header and claims of their tokens, the members of their key sets and
// metadata, and their introspection responses. Each [Shape] describes one kind
// of token of one provider, and lists tokens that an API must accept or refuse.
// All values are made up.
//
// The package contains only data and functions that look up the data. It
// imports no other package of the module.
package shapes

import "slices"

// Shape describes one kind of token of a provider, with a sample token.
type Shape struct {
	Name     string // the name on the command line and in docs, such as "keycloak"
	Title    string // shown to users, such as "Keycloak"
	Issuer   string // iss of the sample token, as the provider writes it
	Audience string // aud of the sample token: an API or, for some providers, a client ID

	// Header lists the members of the JOSE header. Claims lists the claims in
	// the order in which the token has them. The parameters alg and kid, and
	// the claims iss, aud, sub, iat and exp, have default values unless they
	// are listed. {issuer}, {audience} and {now} in a string are placeholders.
	// {now} is replaced by the current time as a NumericDate. A string that
	// consists only of {now} becomes a number.
	Header []Member
	Claims []Member

	Alg      string   // the signing algorithm; "" means RS256
	Keys     []Key    // the keys of the key set, the signing key first; nil means one key with alg and use
	Set      []Member // members of the key set in addition to keys
	Metadata []Member // metadata members to add or replace

	Introspection []Member // the introspection response; nil if the tokens are JWTs

	Good []Row // more tokens that an API must accept
	Bad  []Row

	// Setup explains how to configure the provider. Preset is the name of the
	// function in package issuers that describes the provider. Recognised and
	// Hints are for the command explain.
	Setup      string
	Preset     string // such as "Keycloak"
	Recognised Recognised
	Hints      []Hint
}

// Recognised contains the criteria that identify a token of the provider. A
// token matches only if it meets all of them.
type Recognised struct {
	Issuer string   // a regular expression that iss must match; "" matches any iss
	Claims []string // claims that the token must have
	Header []string // header parameters that the token must have
}

// Hint is a frequent mistake, and how to correct it.
type Hint struct {
	Header bool   // whether Name is a header parameter instead of a claim
	Name   string // the name of the claim or header parameter
	Value  string // the value of the claim, or of one of its elements; "" for any value
	Absent bool   // whether the hint applies only if the claim or parameter is absent
	Text   string // for users: what the mistake is and what to do
}

// Member is a member of a JSON object. If Value is nil, the member is omitted.
// If Value is Null, the member is null.
type Member struct {
	Name  string
	Value any
}

// Null is the Value of a member that is null in JSON.
type Null struct{}

// Key is a key of a key set.
type Key struct {
	Alg     string // the algorithm of a key to generate; "" if Members contains the whole key
	Members []Member
}

// Row describes one test token: its differences from the sample token, and the
// status with which an API must answer the test token.
type Row struct {
	Name   string // a short description
	Header []Member
	Claims []Member
	Needs  string // the scope or role that the route requires, if any
	Status int    // 200, 401 or 403

	AnotherKey bool // whether the token is signed with a key that is not in the key set
}

// Find returns the shape with the given name.
func Find(name string) (Shape, bool) {
	i := slices.IndexFunc(All, func(s Shape) bool { return s.Name == name })
	if i < 0 {
		return Shape{}, false
	}
	return All[i], true
}

// Names returns the names of all shapes, in the order of All.
func Names() []string {
	var names []string
	for _, s := range All {
		names = append(names, s.Name)
	}
	return names
}
