package jwks_test

import (
	"errors"
	"fmt"
	"maps"
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
		{"http elsewhere is accepted with InsecureHTTP", "http://keycloak:8080/keys", jwks.Options{InsecureHTTP: true}, true},
		{"K08/http elsewhere is refused", "http://CANARY.example.com/keys", jwks.Options{}, false},
		{"K08/http on a name that begins with localhost is refused", "http://localhost.CANARY.example.com/keys", jwks.Options{}, false},
		{"K08/http on a private address is refused", "http://10.0.0.1/CANARY", jwks.Options{}, false},
		{"an empty URL is refused", "", jwks.Options{}, false},
		{"a relative URL is refused", "/CANARY", jwks.Options{}, false},
		{"a bare host is refused", "CANARY.example.com", jwks.Options{}, false},
		{"another scheme is refused", "ftp://CANARY.example.com/", jwks.Options{}, false},
		{"a file is refused", "file:///etc/CANARY", jwks.Options{InsecureHTTP: true}, false},
		{"a user is refused", "https://CANARY:pw@example.com/", jwks.Options{}, false},
		{"a fragment is refused", "https://example.com/#CANARY", jwks.Options{}, false},
		{"a control character is refused", "https://example.com/\nCANARY", jwks.Options{}, false},
		{"a negative MaxAge is refused", "https://example.com/CANARY", jwks.Options{MaxAge: -1}, false},
		{"a negative MinInterval is refused", "https://example.com/CANARY", jwks.Options{MinInterval: -1}, false},
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
	t.Run("a query is accepted in a URL but not in an issuer", func(t *testing.T) {
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
			_, err := construct("http://example.com", jwks.Options{MaxAge: -1})
			if err == nil || !strings.Contains(err.Error(), "https") || !strings.Contains(err.Error(), "MaxAge must be between 0 and 24h") {
				t.Errorf("%s: got %v, want it to name the URL and MaxAge", name, err)
			}
		}
	})
}

func TestConstructorsSendNoRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(respondOK(set(freshEC("a"))))
		options := jwks.Options{Client: s.client(), Logger: discardLogger}
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
			if got := r.Stats(); got.Fetches != 0 || got.Err != nil || got.Keys != 0 || got.Age != 0 || !got.Next.IsZero() {
				t.Errorf("%s: got %+v, want no attempt", name, got)
			}
		}
		if got := s.count(); got != 0 {
			t.Errorf("got %d requests, want none", got)
		}
	})
}

func TestSnapshotIsNotChangedByARefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(respondOK(set(freshEC("a"))))
		r := s.remote(t, jwks.Options{})
		assertKey(t, r, "a")
		old, err := r.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		s.setAnswer(respondOK(set(freshEC("b"))))
		time.Sleep(time.Minute)
		assertKey(t, r, "b")
		if got := served(old, "a"); len(got) != 1 || len(served(old, "b")) != 0 {
			t.Errorf("the old snapshot has changed: got the algorithms %q for the key a, want one", got)
		}
		assertKeyError(t, r, "a", jwks.ErrUnknownKey)
	})
}

func TestStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(delayed(time.Second, respondOK(set(freshEC("a"), "{}", freshEC("b")))))
		r := s.remote(t, jwks.Options{})
		assertKey(t, r, "a")
		got := r.Stats()
		if got.Keys != 2 || got.Fetches != 1 || got.Failures != nil || got.Err != nil || got.Age != time.Second || got.UnknownKeyIDs != 0 {
			t.Errorf("after the first fetch: got %+v, want 2 keys, 1 fetch and no failure", got)
		}
		if next := time.Until(got.Next); next > 4*time.Minute-time.Second || next < 4*time.Minute/10*9-time.Second {
			t.Errorf("the next fetch is due in %v, want 80 %% of 5 minutes or up to a tenth less", next)
		}
		if texts := texts(got.Skipped); len(texts) != 1 || texts[0] != "key 2: "+reasonType {
			t.Errorf("got %q skipped, want key 2", texts)
		}

		s.setAnswer(connectionRefused)
		time.Sleep(time.Minute)
		assertKeyError(t, r, "CANARY", jwks.ErrUnavailable)
		got = r.Stats()
		if got.Keys != 2 || got.Fetches != 2 || !maps.Equal(got.Failures, map[string]int{"connection": 1}) || !errors.Is(got.Err, jwks.ErrUnavailable) || got.Age != time.Minute+time.Second {
			t.Errorf("after a failure: got %+v, want the old keys, 2 fetches and 1 failure", got)
		}
		if next := time.Until(got.Next); next > time.Second || next < time.Second/2 {
			t.Errorf("the next fetch is due in %v, want 1s or up to half less", next)
		}
		got.Failures["connection"] = 7 // Failures is a copy: this must not change the Remote

		s.setAnswer(respondOK(set(freshEC("c"))))
		time.Sleep(time.Minute)
		assertKey(t, r, "c")
		assertKeyError(t, r, "CANARY", jwks.ErrUnknownKey)
		got = r.Stats()
		if got.Keys != 1 || got.Fetches != 3 || got.Failures["connection"] != 1 || got.Err != nil || len(got.Skipped) != 0 || got.Age != 0 || got.UnknownKeyIDs != 1 {
			t.Errorf("after a success: got %+v, want 1 key, 3 fetches, no error and 1 unknown key ID", got)
		}
	})
}

// Fetches are scheduled by the monotonic clock, so changes of the wall clock
// have no effect.
func TestK27TimesAreMonotonic(t *testing.T) {
	as := testserver.New(t)
	r, err := jwks.Discover(as.Issuer(), jwks.Options{Client: as.Client(), Logger: discardLogger})
	if err != nil {
		t.Fatal(err)
	}
	assertKey(t, r, as.SigningKey().ID)
	if at := r.Stats().Next; !strings.Contains(at.String(), " m=") {
		t.Errorf("the next fetch is due at %v, want it with a monotonic reading", at)
	}
}

func TestDefaultClient(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("Cookie") != "" {
			t.Error("got a cookie, want none sent")
		}
		w.Header().Set("Set-Cookie", "a=b")
		fmt.Fprint(w, set(freshEC("a")))
	}))
	defer server.Close()
	r, err := jwks.NewRemote(server.URL, jwks.Options{Logger: discardLogger, MinInterval: 1})
	if err != nil {
		t.Fatal(err)
	}
	assertKey(t, r, "a")
	assertKeyError(t, r, "b", jwks.ErrUnknownKey)
}

func TestK02UntrustedServerIsUnavailable(t *testing.T) {
	as := testserver.New(t, testserver.TLS())
	attacker := testserver.New(t, testserver.TLS())
	r, err := jwks.NewRemote(as.Endpoint(testserver.EndpointJWKS), jwks.Options{Client: attacker.Client(), Logger: discardLogger})
	if err != nil {
		t.Fatal(err)
	}
	assertKeyError(t, r, as.SigningKey().ID, jwks.ErrUnavailable)
	if got := as.Count(testserver.EndpointAny); got != 0 {
		t.Errorf("got %d requests, want none", got)
	}
	if got := r.Stats().Failures; !maps.Equal(got, map[string]int{"tls": 1}) {
		t.Errorf("got failures %v, want tls", got)
	}
}
