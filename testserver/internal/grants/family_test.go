package grants_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/grants"
)

func TestAUserCodeIsValidUntilTheDecision(t *testing.T) {
	for name, tt := range map[string]struct {
		device grants.Device
		after  time.Duration
		want   bool
	}{
		"undecided":                      {grants.Device{}, 0, true},
		"just before it expires":         {grants.Device{}, time.Minute - 1, true},
		"when it expires":                {grants.Device{}, time.Minute, false},
		"refused":                        {grants.Device{Denied: true}, 0, false},
		"approved":                       {grants.Device{Family: grants.Family{Sub: "alice"}}, 0, false},
		"the client has fetched a token": {grants.Device{Family: grants.Family{Sub: "alice"}, Used: true}, 0, false},
	} {
		var g grants.State
		tt.device.UserCode, tt.device.Expires = digest("BCDF-GHJK"), noon.Add(time.Minute)
		g.PutDevice(digest("device"), &tt.device)
		if d, got := g.Undecided(digest("BCDF-GHJK"), noon.Add(tt.after)); got != tt.want || got && d != &tt.device {
			t.Errorf("%s: got %v, %v, want %v", name, d, got, tt.want)
		}
		if d, ok := g.Undecided(digest("another"), noon); ok {
			t.Errorf("%s: got %v for another user code", name, d)
		}
	}
}

func TestAPushedRequestIsUsedOnce(t *testing.T) {
	var g grants.State
	g.Pushed.Put(digest("uri"), &grants.Pushed{Client: "web", Form: url.Values{"scope": {"a"}}, Hinted: "alice", Expires: noon})
	if g.UsePushed(digest("another")) {
		t.Error("got an unknown request used")
	}
	if !g.UsePushed(digest("uri")) || g.UsePushed(digest("uri")) {
		t.Error("want the first use accepted and the second one refused")
	}
	// The request stays stored without its form, so that reuse is detected.
	p, known := g.Pushed.Get(digest("uri"))
	if !known || !p.Used || p.Client != "web" || p.Form != nil || p.Hinted != "" {
		t.Errorf("got %+v, want its client and nothing of its form", p)
	}
}
