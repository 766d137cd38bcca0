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

// mintForm is what the server's tokens are like, for the form to begin with.
func (s debugPage) mintForm() pages.MintForm {
	d := s.Sample()
	sub, _ := d.Claims.Text("sub")
	return pages.MintForm{
		ClientID: s.Form.Client(d.Claims), Subject: sub, Scope: strings.Join(s.Form.ScopesOf(d.Claims), " "),
		Audience: strings.Join(s.Form.AudienceOf(d.Claims), " "), ExpiresIn: lifetime(d),
	}
}

// lifetime is exp as the form writes it, 5m and not 5m0s.
func lifetime(d *token.Draft) string {
	i := d.Claims.Find("exp")
	var exp int64
	if i < 0 || json.Unmarshal(d.Claims[i].Value, &exp) != nil {
		return ""
	}
	lasts := time.Duration(exp-d.Now.Unix()) * time.Second
	return strings.NewReplacer("h0m0s", "h", "m0s", "m").Replace(lasts.String())
}

// minting is the token that a form asks for. An empty field adds no claim.
func minting(f pages.MintForm) token.Edit {
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
		expire(d, f.ExpiresIn)
		if f.Defect != "" {
			found, ok := token.FindDefect(catalogue.Defect(f.Defect))
			if !ok || !slices.Contains(catalogue.Defects, found.Name) {
				d.Fail(fmt.Errorf("there is no defect %q to choose", f.Defect))
			}
			d.Defect = &found
		}
	}
}

func expire(d *token.Draft, in string) {
	lasts, err := time.ParseDuration(in)
	switch {
	case in == "":
		d.Claims.Delete("exp")
	case err != nil:
		d.Fail(errors.New("it expires in a time such as 5m, 1h30m or -1h"))
	default:
		d.SetTime("exp", lasts)
	}
}
