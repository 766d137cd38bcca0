package introspect_test

import (
	"fmt"
	"net/http"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
)

// If a transport ignores its context, a probe may never return. The goroutine
// of a probe may also exit. In both cases, the probe counts as a timeout.
func TestLostProbeCountsAsFailed(t *testing.T) {
	for name, lose := range map[string]func(chan struct{}){
		"it never returns":    func(done chan struct{}) { <-done },
		"its goroutine exits": func(chan struct{}) { runtime.Goexit() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				done := make(chan struct{})
				s := newSite(respondOK(`{"active":true}`))
				c := newClient(t, s, noCache)
				activate(t, c, 10)
				s.setAnswer(status(503, ``))
				for i := range 5 {
					assertUnavailable(t, c, fmt.Sprint(token, i), introspect.ErrUnavailable)
				}
				time.Sleep(2*time.Second + 1)
				s.setAnswer(func(*http.Request, call) (*http.Response, error) { lose(done); return nil, errRefused })
				assertUnavailable(t, c, token+"7", introspect.ErrUnavailable)
				s.setAnswer(respondOK(`{"active":true}`))
				time.Sleep(2*time.Second + 1)
				assertActive(t, c, token+"8")
				close(done)
			})
		})
	}
}
