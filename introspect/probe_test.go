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

// The one call that is to tell whether the server is back may not come back
// itself, if its transport does not heed its context. It has failed then, like
// any other that took too long.
func TestAProbeThatIsLostHasFailed(t *testing.T) {
	for name, lose := range map[string]func(chan struct{}){
		"it waits for ever":      func(done chan struct{}) { <-done },
		"its goroutine is ended": func(chan struct{}) { runtime.Goexit() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				done := make(chan struct{})
				s := newSite(says(`{"active":true}`))
				c := newClient(t, s, always)
				known(t, c, 10)
				s.becomes(status(503, ``))
				for i := range 5 {
					isUnknown(t, c, fmt.Sprint(token, i), introspect.ErrUnavailable)
				}
				time.Sleep(2*time.Second + 1)
				s.becomes(func(*http.Request, call) (*http.Response, error) { lose(done); return nil, errRefused })
				isUnknown(t, c, token+"7", introspect.ErrUnavailable)
				s.becomes(says(`{"active":true}`))
				time.Sleep(2*time.Second + 1)
				isActive(t, c, token+"8")
				close(done)
			})
		})
	}
}
