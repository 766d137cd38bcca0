package likeness

import (
	"encoding/json"
	"strings"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/internal/shapes"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// Metadata writes the metadata of the imitated server into the discovery
// document doc. The URLs of the mock server's endpoints stay in doc.
func (l *Likeness) Metadata(doc map[string]any) {
	fill := l.filling(l.server.Now())
	for _, m := range l.shape.Metadata {
		_, served := doc[m.Name]
		if served && m.Value != nil && isEndpoint(m.Name) {
			continue
		}
		fill.Put(doc, m)
	}
}

func isEndpoint(member string) bool {
	for _, r := range catalogue.Routes {
		if r.Member == member {
			return true
		}
	}
	return false
}

// Introspection changes the introspection response for an active token so that
// it has the members that the imitated server would send. The token's own
// claims keep their values.
func (l *Likeness) Introspection(answer *token.Object, client string, scopes []string) {
	fill := l.filling(l.server.Now())
	set := func(name string, v any) {
		if text, err := json.Marshal(v); err == nil { // shapes can always be encoded as JSON
			answer.Put(name, text)
		}
	}
	kind, _ := answer.Text("token_type")
	for _, m := range l.shape.Introspection {
		_, isNull := m.Value.(shapes.Null)
		isScope, list := isScope(m)
		switch {
		case m.Name == "active", m.Name == "exp" && answer.Find("exp") < 0, m.Name == "token_type" && kind == "DPoP":
		case m.Value == nil:
			answer.Delete(m.Name)
		case isNull, m.Name == "token_type":
			set(m.Name, fill.Value(m.Value))
		case isClient(m) && client != "":
			set(m.Name, client)
		case isScope && len(scopes) == 0:
			answer.Delete(m.Name)
		case isScope && list:
			set(m.Name, scopes)
		case isScope:
			set(m.Name, strings.Join(scopes, " "))
		case answer.Find(m.Name) < 0:
			set(m.Name, fill.Value(m.Value))
		case m.Name == "aud":
			asked, isList := texts(m.Value)
			if aud := answer.Audience(); isList || len(aud) > 1 {
				set(m.Name, aud)
			} else if len(asked) == 1 && len(aud) == 1 {
				set(m.Name, aud[0])
			}
		}
	}
}
