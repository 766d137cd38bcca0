package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/middleware"
)

// at returns the names and values of NumericDate claims. Each name in pairs is
// followed by the time in seconds from now.
func at(pairs ...any) (claims []string) {
	for i := 0; i < len(pairs); i += 2 {
		claims = append(claims, pairs[i].(string), fmt.Sprint(now.Unix()+int64(pairs[i+1].(int))))
	}
	return claims
}

// The time limits of a proof are exact to the second. The current time is the
// result of Config.Now.
func TestTimeOfAProof(t *testing.T) {
	c := newClient(t)
	short := newClient(t, func(c *middleware.Config) { c.DPoP.MaxAge, c.ClockSkew = 10*time.Second, time.Second })
	none := newClient(t, func(c *middleware.Config) { c.ClockSkew = -1 })
	long := newClient(t, func(c *middleware.Config) { c.DPoP.MaxAge, c.ClockSkew = 5*time.Minute, time.Minute })
	for _, tt := range []struct {
		name   string
		c      *client
		claims []string
		want   error
	}{
		{"now", c, at("iat", 0), nil},
		{"10 seconds ago", c, at("iat", -10), nil},
		{"in 10 seconds", c, at("iat", 10), nil},
		{"90 seconds ago", c, at("iat", -90), nil},
		{"91 seconds ago", c, at("iat", -91), middleware.ErrProofTime},
		{"a fraction more than 90 seconds ago", c, []string{"iat", fmt.Sprintf("%d.9", now.Unix()-91)}, middleware.ErrProofTime},
		{"in 45 seconds", c, at("iat", 45), nil},
		{"in 46 seconds", c, at("iat", 46), middleware.ErrProofTime},
		{"a fraction more than 45 seconds ahead", c, []string{"iat", fmt.Sprintf("%d.1", now.Unix()+45)}, middleware.ErrProofTime},
		{"a fraction of a second", c, []string{"iat", fmt.Sprintf("%d.25", now.Unix())}, nil},
		{"in 1970", c, []string{"iat", "0"}, middleware.ErrProofTime},
		{"in the year 9999", c, []string{"iat", "253402300799"}, middleware.ErrProofTime},

		{"11 seconds ago, and MaxAge is 10 s", short, at("iat", -11), nil},
		{"12 seconds ago, and MaxAge is 10 s", short, at("iat", -12), middleware.ErrProofTime},
		{"in 16 seconds, and the skew is 1 s", short, at("iat", 16), nil},
		{"in 17 seconds, and the skew is 1 s", short, at("iat", 17), middleware.ErrProofTime},
		{"60 seconds ago without a skew", none, at("iat", -60), nil},
		{"61 seconds ago without a skew", none, at("iat", -61), middleware.ErrProofTime},
		{"in 15 seconds without a skew", none, at("iat", 15), nil},
		{"in 16 seconds without a skew", none, at("iat", 16), middleware.ErrProofTime},
		{"360 seconds ago, and MaxAge is 5 min", long, at("iat", -360), nil},
		{"361 seconds ago, and MaxAge is 5 min", long, at("iat", -361), middleware.ErrProofTime},

		{"exp in the future", c, at("exp", 60), nil},
		{"exp 29 seconds ago", c, at("exp", -29), nil},
		{"exp 30 seconds ago", c, at("exp", -30), middleware.ErrProofTime},
		{"exp far away does not make an old proof good", c, at("iat", -91, "exp", 3600), middleware.ErrProofTime},
		{"nbf in the past", c, at("nbf", -60), nil},
		{"nbf in 30 seconds", c, at("nbf", 30), nil},
		{"nbf in 31 seconds", c, at("nbf", 31), middleware.ErrProofTime},
	} {
		t.Run("D17/"+tt.name, func(t *testing.T) { wants(t, tt.c.send(t, tt.c.proof(tt.claims...)), tt.want) })
	}
}

func TestNoncesInProofs(t *testing.T) {
	const period = time.Minute
	secret := make([]byte, 32)
	nonces, foreign := dpop.NewNonces(secret, period), dpop.NewNonces([]byte(strings.Repeat("x", 32)), period)
	c := newClient(t, func(c *middleware.Config) { c.DPoP.Nonces = dpop.NewNonces(secret, period) })
	issued := func(at time.Duration) string { return nonces.Issue(now.Add(at)) }
	newest := issued(0)
	for _, tt := range []struct {
		name, nonce string
		claims      []string
		want        error
		offered     string // the nonce in the response
	}{
		{"the newest", issued(0), nil, nil, ""},
		{"the one before", issued(-period), nil, nil, newest},
		{"the next, of a machine that is ahead", issued(period), nil, nil, ""},
		{"the one before that", issued(-2 * period), nil, middleware.ErrNonce, newest},
		{"two ahead", issued(2 * period), nil, middleware.ErrNonce, newest},
		{"of another secret", foreign.Issue(now), nil, middleware.ErrNonce, newest},
		{"none", "", nil, middleware.ErrNonce, newest},
		{"a part", issued(0)[:21], nil, middleware.ErrNonce, newest},
		{"more", issued(0) + "A", nil, middleware.ErrNonce, newest},
		{"the newest, and iat is old", issued(0), at("iat", -3600), nil, ""},
		{"the newest, and iat is far ahead", issued(0), at("iat", 86400), nil, ""},
		{"the newest, and exp has passed", issued(0), at("exp", -31), middleware.ErrProofTime, ""},
		{"the one before, and exp has passed", issued(-period), at("exp", -31), middleware.ErrProofTime, newest},
		{"none, and exp has passed", "", at("exp", -31), middleware.ErrNonce, newest},
	} {
		t.Run("D18/"+tt.name, func(t *testing.T) {
			claims := append([]string{"nonce", ""}, tt.claims...)
			if tt.nonce != "" {
				claims[1] = `"` + tt.nonce + `"`
			}
			wants(t, c.send(t, c.proof(claims...)), tt.want)
			h, err := c.authorize(t, "DPoP", c.proof(claims...))
			wants(t, err, tt.want)
			if got := h.Get("DPoP-Nonce"); got != tt.offered {
				t.Errorf("got the nonce %q, want %q", got, tt.offered)
			}
			if got := h.Get("Cache-Control"); (got == "no-store") != (tt.want != nil || tt.offered != "") {
				t.Errorf("got Cache-Control %q", got)
			}
			if got := strings.Contains(h.Get("WWW-Authenticate"), `error="use_dpop_nonce"`); got != errors.Is(tt.want, middleware.ErrNonce) {
				t.Errorf("got %q", h.Get("WWW-Authenticate"))
			}
		})
	}
	for name, proof := range map[string]string{
		"another method": c.proof("nonce", `"x"`, "htm", `"PUT"`), "another URL": c.proof("nonce", `"x"`, "htu", `"https://evil.example"`),
	} {
		t.Run("D18/a stale nonce and "+name, func(t *testing.T) { wants(t, c.send(t, proof), middleware.ErrProofRequest) })
	}
	// If the policy has no nonces, the claim nonce is ignored.
	without := newClient(t)
	wants(t, without.send(t, without.proof("nonce", `"x"`)), nil)
}

// replayRecorder is a replay store that records the arguments of First.
type replayRecorder struct {
	keys   [][32]byte
	until  time.Time
	answer func() (bool, error)
}

func (r *replayRecorder) First(_ context.Context, key [32]byte, until time.Time) (bool, error) {
	r.keys, r.until = append(r.keys, key), until
	return r.answer()
}

// A replay entry must not expire before every machine of this API refuses the
// proof as too old. The expiry time of the entry follows the real clock, not
// Config.Now.
func TestReplayEntriesLastAsLongAsTheProof(t *testing.T) {
	store := &replayRecorder{answer: func() (bool, error) { return true, nil }}
	c := newClient(t, func(c *middleware.Config) { c.DPoP.Replay = store })
	nonces := dpop.NewNonces(make([]byte, 32), time.Minute)
	noncing := newClient(t, func(c *middleware.Config) { c.DPoP.Replay, c.DPoP.Nonces = store, nonces })
	for name, tt := range map[string]struct {
		c      *client
		claims []string
		want   time.Duration
	}{
		"made now":                {c, nil, 90 * time.Second},
		"almost too old":          {c, at("iat", -90), 0},
		"from the future":         {c, at("iat", 45), 135 * time.Second},
		"the newest nonce":        {noncing, []string{"nonce", `"` + nonces.Issue(now) + `"`}, 2 * time.Minute},
		"the nonce before":        {noncing, []string{"nonce", `"` + nonces.Issue(now.Add(-time.Minute)) + `"`}, time.Minute},
		"the next nonce":          {noncing, []string{"nonce", `"` + nonces.Issue(now.Add(time.Minute)) + `"`}, 3 * time.Minute},
		"a nonce and another iat": {noncing, append(at("iat", 7200), "nonce", `"`+nonces.Issue(now)+`"`), 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			tt.want += 30 * time.Second // the clock skew, by which the clocks of other machines may be behind
			before := time.Now()
			wants(t, tt.c.send(t, tt.c.proof(tt.claims...)), nil)
			if least, most := before.Add(tt.want+time.Second), time.Now().Add(tt.want+2*time.Second); store.until.Before(least) || store.until.After(most) {
				t.Errorf("got an entry for %v, want between one and two seconds more than %v", store.until.Sub(before), tt.want)
			}
		})
	}
}
