package recipes_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/bearerguard/bearerguard/examples/recipes"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestHuma(t *testing.T) {
	as := testserver.New(t)
	api := recipes.Huma(newVerifier(t, as), as.Issuer())
	for _, e := range []exchange{
		{"no token", request("GET", "/orders"), 401, `{"title":"Unauthorized","status":401,"detail":"an access token is required"}`, `Bearer realm="api", scope="orders:read"`},
		{"an expired token", as.Authorize(request("GET", "/orders"), read, expired), 401, `{"title":"Unauthorized","status":401,"detail":"token is expired"}`, challengeExpired},
		{"a token without the scope", as.Authorize(request("GET", "/orders")), 403,
			`{"title":"Forbidden","status":403,"detail":"token does not meet the requirements of this resource"}`, challengeForbidden + `, scope="orders:read"`},
	} {
		e.check(t, api)
	}
	w := serve(api, as.Authorize(request("GET", "/orders"), read, alice))
	var answer struct {
		OrdersOf string `json:"orders_of"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != 200 || answer.OrdersOf != "alice" {
		t.Errorf("got %d %s, %v for a good token, want the orders of alice", w.Code, w.Body, err)
	}
}

func TestTheOpenAPIDocumentNamesTheScopes(t *testing.T) {
	as := testserver.New(t)
	w := serve(recipes.Huma(newVerifier(t, as), as.Issuer()), request("GET", "/openapi.json"))
	var document struct {
		Components struct {
			SecuritySchemes map[string]map[string]string `json:"securitySchemes"`
		} `json:"components"`
		Paths map[string]map[string]struct {
			Security  []map[string][]string     `json:"security"`
			Responses map[string]map[string]any `json:"responses"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	schemes := map[string]map[string]string{"login": {"type": "openIdConnect", "openIdConnectUrl": as.Endpoint(testserver.EndpointDiscovery)}}
	if got := document.Components.SecuritySchemes; !reflect.DeepEqual(got, schemes) {
		t.Errorf("got the schemes %v, want %v", got, schemes)
	}
	operation := document.Paths["/orders"]["get"]
	if want := []map[string][]string{{"login": {"orders:read"}}}; !reflect.DeepEqual(operation.Security, want) {
		t.Errorf("got the security %v, want %v", operation.Security, want)
	}
	for _, status := range []string{"401", "403", "503"} {
		if operation.Responses[status] == nil {
			t.Errorf("got no response %s, want one", status)
		}
	}
}
