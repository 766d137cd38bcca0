package grants_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/testserver/internal/grants"
)

func TestAUserCodeIsGoodUntilSomebodyDecides(t *testing.T) {
	for name, tt := range map[string]struct {
		device grants.Device
		after  time.Duration
		want   bool
	}{
		"nobody has decided":             {grants.Device{}, 0, true},
		"a moment before it expires":     {grants.Device{}, time.Minute - 1, true},
		"when it expires":                {grants.Device{}, time.Minute, false},
		"somebody has refused":           {grants.Device{Denied: true}, 0, false},
		"somebody has agreed":            {grants.Device{Family: grants.Family{Sub: "alice"}}, 0, false},
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
		t.Error("got a request used that was never pushed")
	}
	if !g.UsePushed(digest("uri")) || g.UsePushed(digest("uri")) {
		t.Error("got it used never or twice, want once")
	}
	// It is kept to be recognised, without what was asked for.
	p, known := g.Pushed.Get(digest("uri"))
	if !known || !p.Used || p.Client != "web" || p.Form != nil || p.Hinted != "" {
		t.Errorf("got %+v, want its client and nothing of its form", p)
	}
}
