package snippets

import (
	"context"
	"net/http"
	"testing"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestClientWithProofs(t *testing.T) {
	as := testserver.New(t, testserver.DPoPNonces())
	job := as.AddClient(testserver.Client{ID: "job", RequireDPoP: true})
	config := clientcredentials.Config{ClientID: job.ID, ClientSecret: job.Secret, TokenURL: as.Endpoint(testserver.EndpointToken)}
	client := &http.Client{Transport: &dpop.Transport{Base: as.Client().Transport}}
	token, err := config.Token(context.WithValue(t.Context(), oauth2.HTTPClient, client)) // token.TokenType is DPoP
	if err != nil {
		t.Fatal(err)
	}
	if token.TokenType != "DPoP" {
		t.Errorf("got the type %s, want DPoP", token.TokenType)
	}
}
