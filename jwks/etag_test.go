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

// A set that is still right is not sent again, and serves as long as a new one
// would.
func TestAnUnchangedSetIsConfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(headed(tagged(`"1"`, set(freshEC("a"), "{}")), "Cache-Control", "max-age=600"))
		r := s.remote(t, jwks.Options{})
		has(t, r, "a")
		first, err := r.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		for n := 1; n <= 3; n++ {
			time.Sleep(10 * time.Minute)
			hasIn(t, r, "a", 0)
			if stats := r.Stats(); stats.NotModified != n || stats.Fetches != n+1 || stats.Age != 0 || stats.Err != nil || stats.Keys != 1 || len(stats.Skipped) != 1 {
				t.Errorf("got %+v, want the set confirmed %d times", stats, n)
			}
			checkMaxAge(t, r, 10*time.Minute)
		}
		if now, err := r.Snapshot(); err != nil || now != first {
			t.Errorf("got another set and %v, want the first one, not read again", err)
		}

		s.becomes(tagged(`"2"`, set(freshEC("b"))))
		time.Sleep(10 * time.Minute)
		has(t, r, "b")
		hasNot(t, r, "a", jwks.ErrUnknownKey)
		if got := r.Stats(); got.NotModified != 3 || got.Keys != 1 {
			t.Errorf("got %+v, want the new set", got)
		}
	})
}

func TestAConfirmationMaySayHowLong(t *testing.T) {
	for _, test := range []struct {
		name   string
		second []string
		want   time.Duration
	}{
		{"by a new age", []string{"Cache-Control", "max-age=1200"}, 20 * time.Minute},
		{"by asking for none", []string{"Cache-Control", "no-cache"}, time.Minute},
		{"or leave it as it was", nil, 10 * time.Minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				good := tagged(`"1"`, set(freshEC("a")))
				s := newSite(headed(good, "Cache-Control", "max-age=600"))
				r := s.remote(t, jwks.Options{})
				has(t, r, "a")
				s.becomes(headed(good, test.second...))
				time.Sleep(10 * time.Minute)
				has(t, r, "a")
				if got := r.Stats().NotModified; got != 1 {
					t.Fatalf("got %d confirmations, want 1", got)
				}
				checkMaxAge(t, r, test.want)
			})
		})
	}
}

// An ETag is of use only beside the set that it names.
func TestWhichETagIsShownToTheServer(t *testing.T) {
	good := says(set(freshEC("a")))
	for _, test := range []struct {
		name    string
		answers []answer
		want    string
	}{
		{"none at first", nil, ""},
		{"that of the set", []answer{headed(good, "ETag", `"1"`)}, `"1"`},
		{"that of the newest set", []answer{headed(good, "ETag", `"1"`), headed(good, "ETag", `W/"2"`)}, `W/"2"`},
		{"none if the newest set has none", []answer{headed(good, "ETag", `"1"`), good}, ""},
		{"not that of a set that was refused", []answer{headed(good, "ETag", `"1"`), headed(says(`{"keys":[]}`), "ETag", `"2"`)}, `"1"`},
		{"not that of an error", []answer{headed(good, "ETag", `"1"`), headed(status(503, ""), "ETag", `"2"`)}, `"1"`},
		{"not that of a set too large", []answer{headed(good, "ETag", `"1"`), headed(says(string(make([]byte, 600<<10))), "ETag", `"2"`)}, `"1"`},
		{"that of the set, once it is confirmed without one", []answer{headed(good, "ETag", `"1"`), status(304, "")}, `"1"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(good)
				r := s.remote(t, jwks.Options{})
				for _, a := range test.answers {
					s.becomes(a)
					has(t, r, "a")
					time.Sleep(5 * time.Minute)
				}
				shown := "no request"
				s.becomes(func(req *http.Request) (*http.Response, error) {
					shown = req.Header.Get("If-None-Match")
					return good(req)
				})
				has(t, r, "a")
				if shown != test.want {
					t.Errorf("got %q shown, want %q", shown, test.want)
				}
			})
		})
	}
}

// The same with a server that somebody else could have written.
func TestAServerWithETagsSendsEachSetOnce(t *testing.T) {
	inABubble(t, "", func(t *testing.T, as *testserver.Server, r *jwks.Remote) {
		var want []int
		renew := func(status int) {
			has(t, r, as.SigningKey().ID)
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
