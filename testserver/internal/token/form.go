package token

import (
	"slices"
	"strings"
	"time"
)

// Form describes the claims and the header of an issuer's access tokens. A nil
// Form means the form that RFC 9068 defines.
type Form struct {
	Begin   Edit              // changes an RFC 9068 draft to this form; called before all other edits
	IDToken Edit              // further changes that turn an access token into an ID token; may be nil
	Stamp   func(*Draft, Key) // writes header members about the signing key, in addition to alg and kid; may be nil
	Issuer  string            // iss; "" means the server's issuer

	NoIssuer bool // access tokens have no iss

	// Clients, Scopes and Audience name the claims that contain the client, the
	// scopes and the audience. If Clients is empty, tokens contain a client
	// only if an option sets it, and then in the claim that RFC 9068 defines.
	// The same applies to Scopes.
	Clients  []string
	Scopes   []Texts
	Audience Texts // Name "" means the claim aud

	Typ  string // typ in the header, "" if absent
	IsID bool   // access tokens look like ID tokens

	AnyAlg bool // keys are published without alg, so any algorithm of the key's type may be valid
}

// Texts describes a claim. If List is true, the claim is an array of strings.
// Otherwise it is a single string, except that an audience with several values
// is always an array. Expand converts the requested audience to the values in
// the claim. If Expand is nil, the claim contains the requested values.
type Texts struct {
	Name   string
	List   bool
	Expand func([]string) []string
}

func (f *Form) clients() []string {
	if f == nil || len(f.Clients) == 0 {
		return []string{"client_id"}
	}
	return f.Clients
}

func (f *Form) scopes() []Texts {
	if f == nil || len(f.Scopes) == 0 {
		return []Texts{{Name: "scope"}}
	}
	return f.Scopes
}

func (f *Form) audience() Texts {
	if f == nil || f.Audience.Name == "" {
		return Texts{Name: "aud"}
	}
	return f.Audience
}

func (f *Form) issuer(server string) string {
	if f == nil || f.Issuer == "" {
		return server
	}
	return f.Issuer
}

// SetClient writes id into each client claim of the form.
func (d *Draft) SetClient(id string) {
	for _, name := range d.Form.clients() {
		d.Set(name, id)
	}
}

// DeleteClient deletes the claims that name the client.
func (d *Draft) DeleteClient() {
	for _, name := range d.Form.clients() {
		d.Claims.Delete(name)
	}
}

// Client returns the client ID in the claims of a token, or "" if it is absent.
func (f *Form) Client(claims Object) string {
	for _, name := range f.clients() {
		if id, ok := claims.Text(name); ok {
			return id
		}
	}
	return ""
}

// SetScopes writes scopes into each scope claim of the token. If scopes is
// empty, it deletes these claims.
func (d *Draft) SetScopes(scopes []string) {
	for _, claim := range d.Form.scopes() {
		switch {
		case len(scopes) == 0:
			d.Claims.Delete(claim.Name)
		case claim.List:
			d.Set(claim.Name, scopes)
		default:
			d.Set(claim.Name, strings.Join(scopes, " "))
		}
	}
}

// Scopes returns the scopes in all scope claims of the token. A scope claim may
// be a string or an array of strings.
func (d *Draft) Scopes() (all []string) {
	for _, claim := range d.Form.scopes() {
		all = append(all, strings.Fields(strings.Join(d.TextsAt(claim.Name), " "))...)
	}
	return all
}

// ScopesOf returns the scopes in the claims of a token that has the form f.
func (f *Form) ScopesOf(claims Object) []string {
	for _, claim := range f.scopes() {
		if list, ok := claims.Texts(claim.Name); ok && claim.List {
			return list
		}
		if text, ok := claims.Text(claim.Name); ok && !claim.List {
			return strings.Fields(text)
		}
	}
	return nil
}

// SetAudience applies [Texts].Expand to audience and writes the result into the
// audience claim. If audience is empty, SetAudience deletes the claim.
func (d *Draft) SetAudience(audience []string) {
	if expand := d.Form.audience().Expand; expand != nil && len(audience) > 0 {
		audience = expand(audience)
	}
	d.setResources(audience)
}

// setResources is like SetAudience, but does not apply [Texts].Expand.
func (d *Draft) setResources(audience []string) {
	claim := d.Form.audience()
	switch {
	case len(audience) == 0:
		d.Claims.Delete(claim.Name)
	case len(audience) == 1 && !claim.List:
		d.Set(claim.Name, audience[0])
	default:
		d.Set(claim.Name, audience)
	}
}

// AudienceOf returns the audience in the claims of a token.
func (f *Form) AudienceOf(claims Object) []string { return claims.textsAt([]string{f.audience().Name}) }

// Grant writes the subject, client, scopes and resources that the token
// endpoint has granted. It omits a value if tokens of this form have no claim
// for it.
func (d *Draft) Grant(sub, client string, scopes, resources []string) {
	if d.has("sub") {
		d.Set("sub", sub)
	}
	if len(resources) > 0 && !slices.Contains(d.Form.clients(), d.Form.audience().Name) {
		d.setResources(resources)
	}
	if d.Form == nil || len(d.Form.Clients) > 0 {
		d.SetClient(client)
	}
	d.clearScopes()
	if len(scopes) > 0 && (d.Form == nil || len(d.Form.Scopes) > 0) {
		d.SetScopes(scopes)
	}
}

// clearScopes removes the scopes from the token. If d.Form is not nil, the
// scope claims keep their positions but lose their values.
func (d *Draft) clearScopes() {
	for _, claim := range d.Form.scopes() {
		if d.Form == nil {
			d.Claims.Delete(claim.Name)
			continue
		}
		d.blank(claim.Name)
	}
}

// IsAccessToken reports whether header and claims belong to an access token
// that has the form f. It returns false for other kinds of tokens that the same
// keys sign, such as ID tokens (RFC 9068 §4, RFC 8725 §3.12).
func (f *Form) IsAccessToken(header, claims Object) bool {
	typ, ok := header.Text("typ")
	if !ok && header.Find("typ") >= 0 {
		return false
	}
	typ = mediaType(typ)
	if typ == "at+jwt" {
		return true
	}
	if f != nil {
		return (typ == "" || typ == "jwt" || typ == mediaType(f.Typ)) && (f.IsID || !isIDToken(claims))
	}
	if typ != "" && typ != "jwt" { // servers older than RFC 9068 set typ to JWT or omit it
		return false
	}
	if claims.Find("azp") >= 0 && claims.Find("client_id") < 0 {
		return false
	}
	return !hasLogin(claims)
}

func mediaType(typ string) string { return strings.TrimPrefix(strings.ToLower(typ), "application/") }

// hasLogin reports whether claims contains a claim that binds an ID token to a
// login.
func hasLogin(claims Object) bool {
	return slices.ContainsFunc([]string{"nonce", "at_hash", "c_hash"}, func(name string) bool { return claims.Find(name) >= 0 })
}

// isIDToken reports whether claims belong to an ID token. This is the case if a
// claim binds the token to a login, or if aud contains the value of azp (OpenID
// Connect Core 1.0 §2).
func isIDToken(claims Object) bool {
	azp, ok := claims.Text("azp")
	return hasLogin(claims) || ok && slices.Contains(claims.textsAt([]string{"aud"}), azp)
}

// FormOf determines the form of an access token of this server from the header
// and the claims. If several forms match, FormOf prefers the form with the
// right iss, and then a form whose client claim is present. ok is false if no
// form matches.
func (m *Minter) FormOf(header, claims Object) (found *Form, ok bool) {
	found, best := m.Form, 0
	iss, _ := claims.Text("iss")
	for _, f := range m.forms() {
		if !f.IsAccessToken(header, claims) {
			continue
		}
		fits := 1
		if iss == m.IssuerOf(f) {
			fits += 2
		}
		if f.Client(claims) != "" {
			fits++
		}
		if fits > best {
			found, best = f, fits
		}
	}
	return found, best > 0
}

// forms returns the server's own form and all other forms for which the server
// has made tokens.
func (m *Minter) forms() []*Form {
	others, unlock := m.others.RLock()
	defer unlock()
	return append([]*Form{m.Form}, *others...)
}

// remember stores f, so that FormOf can return it.
func (m *Minter) remember(f *Form) {
	if f == m.Form || slices.Contains(m.forms(), f) {
		return
	}
	others, unlock := m.others.Lock()
	defer unlock()
	*others = append(slices.Clone(*others), f)
}

// IssuerOf returns the iss of the server's access tokens that have the form f,
// or "" if these tokens have no iss.
func (m *Minter) IssuerOf(f *Form) string {
	if f != nil && f.NoIssuer {
		return ""
	}
	return f.issuer(m.Issuer)
}

// GrantLogin writes auth_time and acr (RFC 9068 §2.2.1). A zero time means that
// there was no login. An empty acr means that the authentication context is
// unknown.
func (d *Draft) GrantLogin(at time.Time, acr string) {
	if d.Form != nil { // the draft still has the values of a sample token
		d.blank("auth_time")
		d.blank("acr")
	}
	if !at.IsZero() && d.has("auth_time") {
		d.Set("auth_time", at.Unix())
	}
	if !at.IsZero() && acr != "" && d.has("acr") {
		d.Set("acr", acr)
	}
}

// has reports whether tokens of this form contain the claim. It returns true
// for every claim if d.Form is nil.
func (d *Draft) has(claim string) bool { return d.Form == nil || d.Claims.Find(claim) >= 0 }

// blank removes the value of a claim but keeps its position.
func (d *Draft) blank(claim string) {
	if d.Claims.Find(claim) >= 0 {
		d.Claims.Put(claim, nil)
	}
}
