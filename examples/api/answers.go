package main

import (
	"slices"

	"github.com/bearerguard/bearerguard/middleware"
)

// These types are the JSON bodies of the answers. The routes of every framework
// use them.

type statusAnswer struct {
	Status string `json:"status"`
}

type itemsAnswer struct {
	Items []string `json:"items"`
}

type meAnswer struct {
	Subject  string   `json:"sub"`
	ClientID string   `json:"client_id"`
	Issuer   string   `json:"iss"`
	Scopes   []string `json:"scopes"` // [] for a token without scopes, never null
}

var (
	fine        = statusAnswer{Status: "ok"}
	unavailable = statusAnswer{Status: "unavailable"}
	stock       = itemsAnswer{Items: []string{"anvil", "bellows"}}
)

func me(tok *middleware.Token) meAnswer {
	return meAnswer{
		Subject:  tok.Subject,
		ClientID: tok.ClientID,
		Issuer:   tok.Issuer,
		Scopes:   slices.AppendSeq([]string{}, tok.Scopes.All()),
	}
}
