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
	text := func(claim string) string {
		if list, ok := d.Claims.Texts(claim); ok {
			return strings.Join(list, " ")
		}
		one, _ := d.Claims.Text(claim)
		return one
	}
	return pages.MintForm{
		ClientID: text("client_id"), Subject: text("sub"), Audience: text("aud"), Scope: text("scope"), ExpiresIn: lifetime(d),
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

// minting is the token that a form asks for. What is empty there is no claim.
func minting(f pages.MintForm) token.Edit {
	return func(d *token.Draft) {
		write := func(claim string, list []string, one any) {
			switch len(list) {
			case 0:
				d.Claims.Delete(claim)
			case 1:
				d.Set(claim, list[0])
			default:
				d.Set(claim, one)
			}
		}
		whole := func(text string) []string {
			if text == "" {
				return nil
			}
			return []string{text}
		}
		audiences, scopes := strings.Fields(f.Audience), strings.Fields(f.Scope)
		write("client_id", whole(f.ClientID), nil)
		write("sub", whole(f.Subject), nil)
		write("aud", audiences, audiences)
		write("scope", scopes, strings.Join(scopes, " "))
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
