package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/oauth2"
)

// tokens is an answer of the token endpoint (RFC 6749 §5.1).
type tokens struct {
	Access    string `json:"access_token"`
	Type      string `json:"token_type,omitempty"`
	ExpiresIn int64  `json:"expires_in,omitempty"`
	Refresh   string `json:"refresh_token,omitempty"`
	ID        string `json:"id_token,omitempty"`
	Scope     string `json:"scope,omitempty"`
}

func newTokens(t *oauth2.Token) tokens {
	id, _ := t.Extra("id_token").(string)
	scope, _ := t.Extra("scope").(string)
	seconds := t.ExpiresIn
	if seconds == 0 && !t.Expiry.IsZero() { // package clientcredentials keeps the moment alone
		seconds = int64(time.Until(t.Expiry).Round(time.Second) / time.Second)
	}
	return tokens{t.AccessToken, t.TokenType, seconds, t.RefreshToken, id, scope}
}

// tokenFields are what --field can pick.
var tokenFields = []string{"access_token", "refresh_token", "id_token"}

// outputFlags say how tokens are printed.
type outputFlags struct{ field string }

func (f *outputFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.field, "field", "", "print this `name` of the answer alone: "+strings.Join(tokenFields, ", "))
	complete(cmd, "field", tokenFields)
}

// check comes before anything is asked for, so that no token is got and lost.
func (f *outputFlags) check() error {
	if f.field != "" && !slices.Contains(tokenFields, f.field) {
		return usage("--field %q: give one of %s", f.field, strings.Join(tokenFields, ", "))
	}
	return nil
}

func (f *outputFlags) print(w io.Writer, t tokens) error {
	one := map[string]string{"access_token": t.Access, "refresh_token": t.Refresh, "id_token": t.ID}
	switch {
	case f.field == "":
		return printJSON(w, t)
	case one[f.field] == "":
		return failure("the authorization server sent no %s", f.field)
	}
	_, err := fmt.Fprintln(w, one[f.field])
	return err
}

// paramFlags are parameters of requests that have no flag of their own.
type paramFlags []string

func (f *paramFlags) add(cmd *cobra.Command, of string) {
	cmd.Flags().StringArrayVar((*[]string)(f), "param", nil, "further parameter `name=value` of the "+of+", such as audience=https://api.example.com; may be repeated")
	noFiles(cmd, "param")
}

// values refuses what the command sets itself: with a state or a redirect URI of
// somebody else's the answer would not be ours.
func (f paramFlags) values(ours ...string) (map[string][]string, error) {
	values := map[string][]string{}
	for _, text := range f {
		name, value, ok := strings.Cut(text, "=")
		switch {
		case !ok || name == "":
			return nil, usage("--param: want name=value")
		case slices.Contains(ours, name):
			return nil, usage("--param %s: this parameter is not for you to set", name)
		}
		values[name] = append(values[name], value)
	}
	return values, nil
}
