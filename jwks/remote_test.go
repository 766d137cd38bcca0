package jwks_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/testserver"
)

func TestConfigurationFaults(t *testing.T) {
	for _, test := range []struct {
		name, url string
		options   jwks.Options
		accepted  bool
	}{
		{"https is accepted", "https://CANARY.example.com/keys", jwks.Options{}, true},
		{"http on 127.0.0.1 is accepted", "http://127.0.0.1:8080/keys", jwks.Options{}, true},
		{"http on another 127 address is accepted", "http://127.9.9.9/keys", jwks.Options{}, true},
		{"http on ::1 is accepted", "http://[::1]:8080/keys", jwks.Options{}, true},
		{"http on localhost is accepted", "http://localhost/keys", jwks.Options{}, true},
		{"http elsewhere is accepted when told so", "http://keycloak:8080/keys", jwks.Options{InsecureHTTP: true}, true},
		{"K08/http elsewhere is refused", "http://CANARY.example.com/keys", jwks.Options{}, false},
		{"K08/http on a name that begins with localhost is refused", "http://localhost.CANARY.example.com/keys", jwks.Options{}, false},
		{"K08/http on a private address is refused", "http://10.0.0.1/CANARY", jwks.Options{}, false},
		{"nothing is refused", "", jwks.Options{}, false},
		{"a relative URL is refused", "/CANARY", jwks.Options{}, false},
		{"a bare host is refused", "CANARY.example.com", jwks.Options{}, false},
		{"another scheme is refused", "ftp://CANARY.example.com/", jwks.Options{}, false},
		{"a file is refused", "file:///etc/CANARY", jwks.Options{InsecureHTTP: true}, false},
		{"a user is refused", "https://CANARY:pw@example.com/", jwks.Options{}, false},
		{"a fragment is refused", "https://example.com/#CANARY", jwks.Options{}, false},
		{"a control character is refused", "https://example.com/\nCANARY", jwks.Options{}, false},
		{"a negative interval is refused", "https://example.com/CANARY", jwks.Options{Interval: -1}, false},
		{"a negative least interval is refused", "https://example.com/CANARY", jwks.Options{MinInterval: -1}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			for name, construct := range map[string]func(string, jwks.Options) (*jwks.Remote, error){
				"NewRemote": jwks.NewRemote, "Discover": jwks.Discover,
			} {
				r, err := construct(test.url, test.options)
				switch {
				case test.accepted && (err != nil || r == nil):
					t.Errorf("%s: got %v, want it accepted", name, err)
				case !test.accepted && (r != nil || !errors.Is(err, jwks.ErrConfig)):
					t.Errorf("%s: got %v and %v, want ErrConfig", name, r, err)
				case err != nil && strings.Contains(err.Error(), "CANARY"):
					t.Errorf("%s: the error quotes the URL: %q", name, err)
				}
			}
		})
	}
	t.Run("a query is for endpoints, not for issuers", func(t *testing.T) {
		if _, err := jwks.NewRemote("https://example.com/keys?tenant=a", jwks.Options{}); err != nil {
			t.Errorf("NewRemote: got %v, want it accepted", err)
		}
		if _, err := jwks.Discover("https://example.com/?tenant=a", jwks.Options{}); !errors.Is(err, jwks.ErrConfig) {
			t.Errorf("Discover: got %v, want ErrConfig", err)
		}
	})
	t.Run("every fault is reported at once", func(t *testing.T) {
		for name, construct := range map[string]func(string, jwks.Options) (*jwks.Remote, error){
			"NewRemote": jwks.NewRemote, "Discover": jwks.Discover,
		} {
			_, err := construct("http://example.com", jwks.Options{Interval: -1})
			if err == nil || !strings.Contains(err.Error(), "https") || !strings.Contains(err.Error(), "between 0 and 24h") {
				t.Errorf("%s: got %v, want both the URL and the interval named", name, err)
			}
		}
	})
}

func TestConstructionAsksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(says(set(freshEC("a"))))
		options := jwks.Options{Client: s.client(), Logger: quiet}
		a, err := jwks.NewRemote(keysURL, options)
		if err != nil {
			t.Fatal(err)
		}
		b, err := jwks.Discover("https://login.example.com", options)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		for name, r := range map[string]*jwks.Remote{"NewRemote": a, "Discover": b} {
			if got := r.Stats(); got.Fetches != 0 || got.Err != nil || got.Keys != 0 || !got.Attempted.IsZero() || !got.Fetched.IsZero() {
				t.Errorf("%s: got %+v, want nothing tried", name, got)
			}
		}
		if got := s.count(); got != 0 {
			t.Errorf("got %d requests, want none", got)
		}
	})
}

func TestASnapshotIsNotChangedByARefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(says(set(freshEC("a"))))
		r := s.remote(t, jwks.Options{})
		has(t, r, "a")
		old, err := r.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		s.becomes(says(set(freshEC("b"))))
		time.Sleep(time.Minute)
		has(t, r, "b")
		if got := served(old, "a"); len(got) != 1 || len(served(old, "b")) != 0 {
			t.Errorf("the old snapshot changed: a serves %q", got)
		}
		hasNot(t, r, "a", jwks.ErrUnknownKey)
	})
}

func TestStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := time.Now()
		s := newSite(after(time.Second, says(set(freshEC("a"), "{}", freshEC("b")))))
		r := s.remote(t, jwks.Options{})
		has(t, r, "a")
		got := r.Stats()
		if got.Keys != 2 || got.Fetches != 1 || got.Failures != 0 || got.Err != nil || !got.Fetched.Equal(first) || !got.Attempted.Equal(first) {
			t.Errorf("after the first: got %+v", got)
		}
		if texts := texts(got.Skipped); len(texts) != 1 || texts[0] != "key 2: "+byType {
			t.Errorf("got %q skipped, want key 2", texts)
		}

		s.becomes(refused)
		time.Sleep(time.Minute)
		second := time.Now()
		hasNot(t, r, "CANARY", jwks.ErrUnavailable)
		got = r.Stats()
		if got.Keys != 2 || got.Fetches != 2 || got.Failures != 1 || !errors.Is(got.Err, jwks.ErrUnavailable) || !got.Fetched.Equal(first) || !got.Attempted.Equal(second) {
			t.Errorf("after a failure: got %+v", got)
		}

		s.becomes(says(set(freshEC("c"))))
		time.Sleep(time.Minute)
		third := time.Now()
		has(t, r, "c")
		got = r.Stats()
		if got.Keys != 1 || got.Fetches != 3 || got.Failures != 1 || got.Err != nil || len(got.Skipped) != 0 || !got.Fetched.Equal(third) || !got.Attempted.Equal(third) {
			t.Errorf("after a success: got %+v", got)
		}
	})
}

// K27: what decides about fetches are readings of the monotonic clock, which
// no step of the wall clock moves.
func TestK27TimesCarryTheMonotonicClock(t *testing.T) {
	as := testserver.New(t)
	r, err := jwks.Discover(as.Issuer(), jwks.Options{Client: as.Client(), Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	has(t, r, as.SigningKey().ID)
	stats := r.Stats()
	for name, at := range map[string]time.Time{"Fetched": stats.Fetched, "Attempted": stats.Attempted} {
		if !strings.Contains(at.String(), " m=") {
			t.Errorf("%s is %v, want it with a monotonic reading", name, at)
		}
	}
}

func TestTheDefaultClientIsUsedWhenNoneIsGiven(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("Cookie") != "" {
			t.Error("got a cookie, want none sent")
		}
		w.Header().Set("Set-Cookie", "a=b")
		fmt.Fprint(w, set(freshEC("a")))
	}))
	defer server.Close()
	r, err := jwks.NewRemote(server.URL, jwks.Options{Logger: quiet, MinInterval: 1})
	if err != nil {
		t.Fatal(err)
	}
	has(t, r, "a")
	hasNot(t, r, "b", jwks.ErrUnknownKey)
}

func TestAServerThatIsNotTrustedIsUnavailable(t *testing.T) {
	as := testserver.New(t, testserver.TLS())
	stranger := testserver.New(t, testserver.TLS())
	r, err := jwks.NewRemote(as.Endpoint(testserver.JWKS), jwks.Options{Client: stranger.Client(), Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	hasNot(t, r, as.SigningKey().ID, jwks.ErrUnavailable)
	if got := as.Count(testserver.Any); got != 0 {
		t.Errorf("got %d requests, want none to reach the server", got)
	}
}
