package main

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// claim is one line on the profile page.
type claim struct{ Name, Value string }

// profile shows the claims of the userinfo endpoint.
func (a *app) profile(w http.ResponseWriter, r *http.Request, id string, s session) {
	got, err := a.call(r.Context(), id, a.provider.UserInfo)
	if err != nil || got.status != http.StatusOK {
		a.unanswered(w, r, s, got, err)
		return
	}
	claims, err := members(got.body)
	if err == nil && text(claims[a.cfg.subject]) != s.Subject { // required by OpenID Connect Core 1.0 §5.3.2
		err = errors.New("the userinfo endpoint answered for another user")
	}
	if err != nil {
		a.unanswered(w, r, s, got, err)
		return
	}
	var rows []claim
	for _, name := range slices.Sorted(maps.Keys(claims)) {
		if value := claims[name]; value != nil {
			rows = append(rows, claim{name, fmt.Sprint(value)})
		}
	}
	a.show(w, http.StatusOK, page{Title: "Profile", Claims: rows, Session: &s})
}
