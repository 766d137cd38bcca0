package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver/apitest"
)

// TestCheckFindsNothing sends tokens with each of testserver.Defects to each
// kind of route, on every framework.
func TestCheckFindsNothing(t *testing.T) {
	as, apis := newAPIs(t)
	for name, api := range apis {
		for route, options := range map[string][]apitest.Option{
			"GET /me":     nil,
			"GET /items":  {apitest.RequireScope("items:read")},
			"POST /items": {apitest.RequireScope("items:write")},
			"GET /fresh":  {apitest.RequireAuthWithin(5 * time.Minute), apitest.RequireMetadata()},
			"GET /any":    {apitest.RequireDPoP(), apitest.Origin(audience), apitest.RequireScope("items:read")},
			"GET /mfa":    {apitest.RequireACR("urn:example:mfa")},
			"GET /admin":  {apitest.RequireScope("items:read"), apitest.RequireScope("items:write"), apitest.RequireScope("admin")},
		} {
			t.Run(name+" "+route, func(t *testing.T) {
				apitest.Check(t, as, api, func() *http.Request { return newRequest(t, route) }, options...)
			})
		}
	}
}
