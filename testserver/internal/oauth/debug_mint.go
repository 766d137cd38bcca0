package oauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/pages"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// mintForm returns the initial values of the mint form. They describe a token
// that the server issues by default.
func (s debugPage) mintForm() pages.MintForm {
	d := s.Sample()
	sub, _ := d.Claims.Text("sub")
	return pages.MintForm{
		ClientID: s.Form.Client(d.Claims), Subject: sub, Scope: strings.Join(s.Form.ScopesOf(d.Claims), " "),
		Audience: strings.Join(s.Form.AudienceOf(d.Claims), " "), ExpiresIn: lifetime(d),
	}
}

// lifetime returns the time until exp in the form that the page shows: 5m, not
// 5m0s. If the token has no valid exp, it returns "".
func lifetime(d *token.Draft) string {
	i := d.Claims.Find("exp")
	var exp int64
	if i < 0 || json.Unmarshal(d.Claims[i].Value, &exp) != nil {
		return ""
	}
	ttl := time.Duration(exp-d.Now.Unix()) * time.Second
	return strings.NewReplacer("h0m0s", "h", "m0s", "m").Replace(ttl.String())
}

// mintEdit returns an edit that changes a default token into the token that the
// form f describes. If the field for a claim is empty, the token does not have
// this claim.
func mintEdit(f pages.MintForm) token.Edit {
	return func(d *token.Draft) {
		audiences, scopes := strings.Fields(f.Audience), strings.Fields(f.Scope)
		d.SetClient(f.ClientID)
		if f.ClientID == "" {
			d.DeleteClient()
		}
		d.Set("sub", f.Subject)
		if f.Subject == "" {
			d.Claims.Delete("sub")
		}
		d.SetAudience(audiences)
		d.SetScopes(scopes)
		for _, scope := range scopes {
			if err := registry.CheckScope(scope); err != nil {
				d.Fail(err)
			}
		}
		setExpiry(d, f.ExpiresIn)
		if f.Defect != "" {
			found, ok := token.FindDefect(catalogue.Defect(f.Defect))
			if !ok || !slices.Contains(catalogue.Defects, found.Name) {
				d.Fail(fmt.Errorf("defect %q is unknown", f.Defect))
			}
			d.Defect = &found
		}
	}
}

func setExpiry(d *token.Draft, in string) {
	ttl, err := time.ParseDuration(in)
	switch {
	case in == "":
		d.Claims.Delete("exp")
	case err != nil:
		d.Fail(errors.New("the lifetime is not a duration such as 5m, 1h30m or -1h"))
	default:
		d.SetTime("exp", ttl)
	}
}
