package issuers_test

import (
	"flag"
	"net/http"
	"testing"

	"github.com/bearerguard/bearerguard/internal/shapes"
	"github.com/bearerguard/bearerguard/issuers"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

var online = flag.Bool("online", false, "fetch keys from the providers, over the internet")

// microsoft is Microsoft's own tenant, whose metadata is public.
const microsoft = "72f988bf-86f1-41af-91ab-2d7cd011db47"

// public lists providers whose metadata and keys are public.
var public = []struct {
	shape   string // of internal/shapes
	issuers []middleware.Issuer
}{
	{"apple", one(issuers.AppleID("com.example.orders"))},
	{"auth0", one(issuers.Auth0("samples.auth0.com", "https://orders.example.com"))},
	{"cloud-run", one(issuers.CloudRun("https://orders-abc.a.run.app"))},
	{"entra-v2", issuers.Entra(microsoft, application)},
	{"entra-multi-tenant", one(issuers.EntraMultiTenant(application, microsoft))},
	{"firebase", one(issuers.Firebase("shop-4711"))},
	{"github-actions", one(issuers.GitHubActions("acme", "orders-api"))},
	{"gitlab-ci", one(issuers.GitLabCI("https://gitlab.com", "acme", "orders-api"))},
	{"google-iap", one(issuers.GoogleIAP("/projects/123/global/backendServices/456"))},
	{"google-id", one(issuers.GoogleID(googleClient))},
	{"pubsub-push", one(issuers.PubSubPush("push@shop-4711.iam.gserviceaccount.com", "https://orders.example.com/push"))},
}

// A preset must find keys that pass the key policy. With the flag -online, the
// keys are fetched from the real providers. Without the flag, test servers
// imitate the providers.
func TestAPresetFindsTheKeysOfAPublicProvider(t *testing.T) {
	for _, p := range public {
		t.Run(p.shape, func(t *testing.T) {
			shape, found := shapes.Find(p.shape)
			if !found {
				t.Fatalf("no shape %q", p.shape)
			}
			client := http.DefaultClient
			if !*online {
				client = &http.Client{Transport: likeProvider{testserver.New(t, testserver.InMemory(), testserver.Like(p.shape)), p.issuers}}
			}
			v, err := middleware.NewVerifier(middleware.Config{Audience: shape.Audience, Issuers: p.issuers, Client: client})
			if err != nil {
				t.Fatal(err)
			}
			if err := v.Warm(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, i := range p.issuers {
				keys := v.Stats().Keys[i.URL]
				t.Logf("%s: %d keys, skipped: %v", i.URL, keys.Keys, keys.Skipped)
				if keys.Keys == 0 {
					t.Errorf("%s: got no keys", i.URL)
				}
			}
		})
	}
}
