package jwks_test

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/jwks"
	"github.com/bearerguard/bearerguard/testserver"
)

// After an answer of 304, the age of the set is counted from zero again.
func TestUnchangedSetIsConfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(withHeader(withETag(`"1"`, set(freshEC("a"), "{}")), "Cache-Control", "max-age=600"))
		r := s.remote(t, jwks.Options{})
		assertKey(t, r, "a")
		first, err := r.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		for n := 1; n <= 3; n++ {
			time.Sleep(10 * time.Minute)
			assertKeyAfter(t, r, "a", 0)
			if stats := r.Stats(); stats.NotModified != n || stats.Fetches != n+1 || stats.Age != 0 || stats.Err != nil || stats.Keys != 1 || len(stats.Skipped) != 1 {
				t.Errorf("got %+v, want the set confirmed %d times", stats, n)
			}
			checkMaxAge(t, r, 10*time.Minute)
		}
		if now, err := r.Snapshot(); err != nil || now != first {
			t.Errorf("got another set and %v, want the first one, not parsed again", err)
		}

		s.setAnswer(withETag(`"2"`, set(freshEC("b"))))
		time.Sleep(10 * time.Minute)
		assertKey(t, r, "b")
		assertKeyError(t, r, "a", jwks.ErrUnknownKey)
		if got := r.Stats(); got.NotModified != 3 || got.Keys != 1 {
			t.Errorf("got %+v, want the new set", got)
		}
	})
}

func TestNotModifiedMayChangeMaxAge(t *testing.T) {
	for _, test := range []struct {
		name   string
		second []string
		want   time.Duration
	}{
		{"a new max-age", []string{"Cache-Control", "max-age=1200"}, 20 * time.Minute},
		{"no-cache", []string{"Cache-Control", "no-cache"}, time.Minute},
		{"no change", nil, 10 * time.Minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				good := withETag(`"1"`, set(freshEC("a")))
				s := newSite(withHeader(good, "Cache-Control", "max-age=600"))
				r := s.remote(t, jwks.Options{})
				assertKey(t, r, "a")
				s.setAnswer(withHeader(good, test.second...))
				time.Sleep(10 * time.Minute)
				assertKey(t, r, "a")
				if got := r.Stats().NotModified; got != 1 {
					t.Fatalf("got %d confirmations, want 1", got)
				}
				checkMaxAge(t, r, test.want)
			})
		})
	}
}

// An ETag is sent only if it belongs to the current set.
func TestETagOfTheCurrentSetIsSent(t *testing.T) {
	good := respondOK(set(freshEC("a")))
	for _, test := range []struct {
		name    string
		answers []answer
		want    string
	}{
		{"none for the first fetch", nil, ""},
		{"that of the set", []answer{withHeader(good, "ETag", `"1"`)}, `"1"`},
		{"that of the newest set", []answer{withHeader(good, "ETag", `"1"`), withHeader(good, "ETag", `W/"2"`)}, `W/"2"`},
		{"none if the newest set has none", []answer{withHeader(good, "ETag", `"1"`), good}, ""},
		{"not that of a rejected set", []answer{withHeader(good, "ETag", `"1"`), withHeader(respondOK(`{"keys":[]}`), "ETag", `"2"`)}, `"1"`},
		{"not that of an error", []answer{withHeader(good, "ETag", `"1"`), withHeader(status(503, ""), "ETag", `"2"`)}, `"1"`},
		{"not that of a set over the size limit", []answer{withHeader(good, "ETag", `"1"`), withHeader(respondOK(string(make([]byte, 600<<10))), "ETag", `"2"`)}, `"1"`},
		{"that of the set after a 304 without an ETag", []answer{withHeader(good, "ETag", `"1"`), status(304, "")}, `"1"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(good)
				r := s.remote(t, jwks.Options{})
				for _, a := range test.answers {
					s.setAnswer(a)
					assertKey(t, r, "a")
					time.Sleep(5 * time.Minute)
				}
				shown := "no request"
				s.setAnswer(func(req *http.Request) (*http.Response, error) {
					shown = req.Header.Get("If-None-Match")
					return good(req)
				})
				assertKey(t, r, "a")
				if shown != test.want {
					t.Errorf("got If-None-Match %q, want %q", shown, test.want)
				}
			})
		})
	}
}

// This test uses ETags with an independent server implementation.
func TestServerWithETagsSendsEachSetOnce(t *testing.T) {
	forEachProtocol(t, "", func(t *testing.T, as *testserver.Server, r *jwks.Remote) {
		var want []int
		renew := func(status int) {
			assertKey(t, r, as.SigningKey().ID)
			time.Sleep(5 * time.Minute)
			want = append(want, status)
		}
		renew(http.StatusOK)
		renew(http.StatusNotModified)
		renew(http.StatusNotModified)
		as.Rotate(testserver.Rotation{DropOld: true})
		renew(http.StatusOK)
		renew(http.StatusNotModified)
		var got []int
		for _, request := range as.Requests(testserver.EndpointJWKS) {
			got = append(got, request.Status)
		}
		if !slices.Equal(got, want) {
			t.Errorf("got answers %v, want %v", got, want)
		}
	})
}
