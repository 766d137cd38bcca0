package likeness

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/bearerguard/bearerguard/internal/shapes"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

const ownAudience = "{audience}"

// Form returns the format of the access tokens that the shape describes.
func (l *Likeness) Form() *token.Form {
	f := &token.Form{Begin: l.begin, IDToken: l.idToken, Stamp: l.stamp, Audience: l.audience()}
	for _, m := range l.shape.Claims {
		if isClient(m) {
			f.Clients = append(f.Clients, m.Name)
		}
		if ok, list := isScope(m); ok {
			f.Scopes = append(f.Scopes, token.Texts{Name: m.Name, List: list})
		}
	}
	iss, named := shapes.Lookup(l.shape.Claims, "iss")
	if !named && !strings.HasPrefix(l.shape.Issuer, "http") { // a name, not a URL
		iss = l.shape.Issuer
	}
	if text, ok := iss.(string); ok && !l.server.Named {
		f.Issuer, _ = l.filling(l.server.Now()).Value(text).(string)
	}
	f.NoIssuer = named && iss == nil
	if len(l.shape.Keys) > 0 {
		alg, named := shapes.Lookup(l.shape.Keys[0].Members, "alg")
		f.AnyAlg = named && alg == nil
	}
	f.Typ, _ = l.typ()
	azp, _ := l.claim("azp").(string)
	aud, _ := texts(cmp.Or(l.claim("aud"), any(ownAudience)))
	f.IsID = slices.Contains(aud, azp)
	for _, name := range []string{"nonce", "at_hash", "c_hash"} {
		f.IsID = f.IsID || l.claim(name) != nil
	}
	return f
}

// claim returns the value of a claim in a sample access token of the imitated
// server, or nil if the token does not have the claim.
func (l *Likeness) claim(name string) any {
	v, _ := shapes.Lookup(l.shape.Claims, name)
	return v
}

func (l *Likeness) typ() (string, bool) {
	v, _ := shapes.Lookup(l.shape.Header, "typ")
	typ, ok := v.(string)
	return typ, ok
}

// audience returns the claim for the audience of a token. This claim is aud,
// unless the imitated server puts the audience into a different claim.
func (l *Likeness) audience() token.Texts {
	name := "aud"
	v, named := shapes.Lookup(l.shape.Claims, name)
	list, isList := texts(v)
	has := func(list []string) bool {
		return slices.ContainsFunc(list, func(one string) bool { return strings.Contains(one, ownAudience) })
	}
	for _, m := range l.shape.Claims {
		if others, areList := texts(m.Value); named && !has(list) && has(others) {
			name, list, isList = m.Name, others, areList
		}
	}
	if !has(list) {
		list = []string{ownAudience}
	}
	return token.Texts{Name: name, List: isList, Expand: func(audience []string) (all []string) {
		for _, one := range list {
			if !strings.Contains(one, ownAudience) {
				all = append(all, l.filling(l.server.Now()).Value(one).(string))
				continue
			}
			for _, aud := range audience {
				filling := shapes.Filling{Issuer: l.server.Issuer, Audience: aud}
				all = append(all, filling.Value(one).(string))
			}
		}
		return all
	}}
}

// begin changes d, an unsigned RFC 9068 token, into an unsigned token as the
// imitated server would make it. The claims iss, sub, aud, exp and iat come
// first, except for those that the shape lists. The claims that the shape lists
// follow, in the order of the shape.
func (l *Likeness) begin(d *token.Draft) {
	d.Alg = Alg(l.shape)
	l.beginHeader(d)
	fill, given := l.filling(d.Now), d.Claims
	value := func(name string) json.RawMessage {
		if i := given.Find(name); i >= 0 {
			return given[i].Value
		}
		return nil
	}
	d.Claims = nil
	for _, name := range []string{"iss", "sub", "aud", "exp", "iat"} {
		if _, named := shapes.Lookup(l.shape.Claims, name); !named {
			d.Claims.Put(name, value(name))
		}
	}
	if _, named := shapes.Lookup(l.shape.Claims, "aud"); !named {
		d.SetAudience([]string{l.server.Audience})
	}
	for _, m := range l.shape.Claims {
		text, isText := m.Value.(string)
		switch {
		case m.Value == nil:
		case m.Name == "iss" || m.Name == "exp":
			d.Claims.Put(m.Name, value(m.Name))
		case m.Name == "jti" && isText: // unique for each token
			var id string
			_ = json.Unmarshal(value("jti"), &id)
			d.Set("jti", text[:strings.LastIndexByte(text, ':')+1]+id)
		case isClient(m) && !strings.Contains(text, ownAudience):
			d.Claims.Put(m.Name, value("client_id"))
		default:
			d.Set(m.Name, fill.Value(m.Value))
		}
	}
}

func (l *Likeness) beginHeader(d *token.Draft) {
	if _, ok := l.typ(); !ok {
		d.Header.Delete("typ")
	}
	for _, m := range l.shape.Header {
		switch {
		case m.Value == nil:
			d.Header.Delete(m.Name)
		case m.Name == "kid": // set with the key
		case slices.Contains(certificateMembers, m.Name): // set by l.stamp
			d.Header.Put(m.Name, nil)
		default:
			d.SetHeader(m.Name, l.filling(d.Now).Value(m.Value))
		}
	}
}

// stamp writes the header members for the certificate of the signing key.
func (l *Likeness) stamp(d *token.Draft, key token.Key) {
	for _, name := range certificateMembers {
		if !d.Header.Unset(name) || token.IsShared(key.Alg) {
			continue
		}
		members, err := l.certificates.members(key.Private.Public(), key.Private)
		if err != nil {
			d.Fail(err)
			return
		}
		d.SetHeader(name, members[name])
	}
}

// idToken makes d, an unsigned ID token, look like an ID token of the imitated
// server. It copies the claims and the header members of the first ID token in
// l.shape.Bad, the list of tokens that an API must refuse.
func (l *Likeness) idToken(d *token.Draft) {
	i := slices.IndexFunc(l.shape.Bad, func(r shapes.Row) bool {
		return strings.HasPrefix(strings.ToLower(r.Name), "an id token") && !r.AnotherKey
	})
	if i < 0 {
		return
	}
	fill := l.filling(d.Now)
	for _, m := range l.shape.Bad[i].Claims {
		if slices.Contains([]string{"iss", "sub", "aud", "exp", "iat"}, m.Name) {
			continue // the draft already has the right value
		}
		d.Claims.Delete(m.Name)
		if m.Value != nil {
			d.Set(m.Name, fill.Value(m.Value))
		}
	}
	for _, m := range l.shape.Bad[i].Header {
		d.Header.Delete(m.Name)
		if m.Value != nil {
			d.SetHeader(m.Name, fill.Value(m.Value))
		}
	}
}
