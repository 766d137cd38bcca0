package revoke_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/revoke"
	"github.com/bearerguard/bearerguard/revoke/feedtest"
)

func TestConfigurationFaults(t *testing.T) {
	feed := new(feedtest.Memory)
	var missing *feedtest.Memory
	for name, test := range map[string]struct {
		config revoke.Config
		want   []string // texts that the error must contain
	}{
		"OnLag is not chosen":           {revoke.Config{Feed: feed}, []string{"OnLag is missing"}},
		"OnLag is unknown":              {revoke.Config{Feed: feed, OnLag: 3}, []string{"OnLag 3 is unknown"}},
		"OnLag without a feed":          {revoke.Config{OnLag: revoke.Accept}, []string{"Feed is nil"}},
		"MaxLag without a feed":         {revoke.Config{MaxLag: time.Minute}, []string{"Feed is nil"}},
		"a feed that is a nil pointer":  {revoke.Config{Feed: missing, OnLag: revoke.Refuse}, []string{"nil *feedtest.Memory"}},
		"MaxLag is shorter than a poll": {revoke.Config{Feed: feed, OnLag: revoke.Refuse, MaxLag: 100 * time.Millisecond}, []string{"MaxLag"}},
		"MaxLag is negative":            {revoke.Config{Feed: feed, OnLag: revoke.Refuse, MaxLag: -1}, []string{"MaxLag"}},
		"MaxLag is longer than an hour": {revoke.Config{Feed: feed, OnLag: revoke.Refuse, MaxLag: time.Hour + 1}, []string{"MaxLag"}},
		"a negative number of entries":  {revoke.Config{MaxEntries: -1}, []string{"MaxEntries"}},
		"everything at once":            {revoke.Config{Feed: missing, MaxLag: -1, MaxEntries: -1}, []string{"nil *feedtest.Memory", "OnLag is missing", "MaxLag", "MaxEntries"}},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := revoke.New(test.config)
			if err == nil || l != nil {
				t.Fatalf("got %v and %v, want an error", l, err)
			}
			for _, part := range test.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("got %q, want it to mention %q", err, part)
				}
			}
		})
	}
	for name, config := range map[string]revoke.Config{
		"the zero value":    {},
		"a feed and Refuse": {Feed: feed, OnLag: revoke.Refuse},
		"a feed and Accept": {Feed: feed, OnLag: revoke.Accept, MaxLag: time.Second, MaxEntries: 1},
	} {
		if _, err := revoke.New(config); err != nil {
			t.Errorf("%s: got %v, want nil", name, err)
		}
	}
}

func TestAddReportsAllFaultsAndRevokesNothing(t *testing.T) {
	l, long := newList(t, revoke.Config{}), strings.Repeat("canary", 200)
	err := l.Add(t.Context(),
		token("good"),
		revoke.Revocation{},
		revoke.Revocation{Issuer: long, Kind: 7, Value: long, Until: time.Now()},
		revoke.Revocation{Issuer: issuer, Kind: revoke.Subject, Value: "canary\xff", Until: time.Now()},
		revoke.Revocation{Issuer: issuer, Kind: revoke.Subject, Value: "canary", Before: time.Unix(-1, 0), Until: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
		revoke.Revocation{Issuer: issuer, Kind: revoke.Subject, Value: "canary", Until: time.Unix(math.MaxInt64, 0)},
	)
	if err == nil {
		t.Fatal("got no error")
	}
	for _, want := range []string{
		"revocation 1: Issuer is empty", "revocation 1: Value is empty", "revocation 1: Kind 0 is unknown", "revocation 1: the field Until is missing",
		"revocation 2: Issuer has more than 1024 bytes", "revocation 2: Value has more than 1024 bytes", "revocation 2: Kind 7 is unknown",
		"revocation 3: Value is not valid UTF-8", "revocation 4: Until is not in the years", "revocation 4: Before is not in the years",
		"revocation 5: Until is not in the years",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, want it to mention %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "canary") {
		t.Errorf("the error quotes a value: %v", err)
	}
	assertRevoked(t, l, revoke.Claims{ID: "good"}, false)
}

func TestAListThatWasNotMadeByNew(t *testing.T) {
	for name, l := range map[string]*revoke.List{"zero": new(revoke.List), "nil": nil} {
		_, err := l.Check(revoke.Claims{Issuer: issuer, ID: "id"})
		for what, err := range map[string]error{"Check": err, "Add": l.Add(t.Context(), token("id")), "Run": l.Run(t.Context()), "Healthy": l.Healthy()} {
			if err == nil || errors.Is(err, revoke.ErrLag) {
				t.Errorf("%s, %s: got %v, want an error about the list", name, what, err)
			}
		}
		if l.Stats() != (revoke.Stats{}) {
			t.Errorf("%s: got statistics, want none", name)
		}
	}
}

func TestKindsHaveNames(t *testing.T) {
	for kind, want := range map[revoke.Kind]string{
		revoke.Token: "token", revoke.Subject: "subject", revoke.Session: "session", revoke.Client: "client", revoke.Sessionless: "sessionless", 0: "unknown kind", 6: "unknown kind", -1: "unknown kind",
	} {
		if got := kind.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
