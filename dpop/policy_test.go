package dpop_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/dpop"
)

// A Replay that contains a nil mapStore, funcStore or pointerStore does not
// equal nil.
type (
	mapStore     map[[32]byte]time.Time
	funcStore    func() bool
	pointerStore struct{}
)

func (mapStore) First(context.Context, [32]byte, time.Time) (bool, error)      { return true, nil }
func (funcStore) First(context.Context, [32]byte, time.Time) (bool, error)     { return true, nil }
func (*pointerStore) First(context.Context, [32]byte, time.Time) (bool, error) { return true, nil }

func TestGoodPolicies(t *testing.T) {
	for name, policy := range map[string]dpop.Policy{
		"the zero value":           {},
		"required":                 {Required: true},
		"one algorithm":            {Algorithms: []string{"ES256"}},
		"the defaults, spelled":    {Algorithms: []string{"ES256", "ES384", "ES512", "EdDSA", "Ed25519", "PS256", "RS256"}},
		"the other algorithms":     {Algorithms: []string{"RS384", "RS512", "PS384", "PS512"}},
		"a second":                 {MaxAge: time.Second},
		"five minutes":             {MaxAge: 5 * time.Minute},
		"nonces":                   {Nonces: dpop.NewNonces(secret(32), time.Minute)},
		"the shortest period":      {Nonces: dpop.NewNonces(secret(32), time.Second)},
		"the longest period":       {Nonces: dpop.NewNonces(secret(64), 10*time.Minute)},
		"no replay protection":     {Replay: dpop.Off},
		"a memory":                 {Replay: dpop.NewMemory(0)},
		"the zero memory":          {Replay: new(dpop.Memory)},
		"a small memory":           {Replay: dpop.NewMemory(1)},
		"a store that is a map":    {Replay: mapStore{}},
		"a store without a size":   {Replay: &pointerStore{}},
		"a store that is function": {Replay: funcStore(func() bool { return true })},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := policy.Complete(); err != nil {
				t.Errorf("got %v, want no fault", err)
			}
		})
	}
}

func TestFaultsOfPolicies(t *testing.T) {
	for name, tt := range map[string]struct {
		policy dpop.Policy
		want   []string // one text for each fault
	}{
		"no algorithms":         {dpop.Policy{Algorithms: []string{}}, []string{"Algorithms is empty: leave it nil for the default"}},
		"the algorithm none":    {dpop.Policy{Algorithms: []string{"none"}}, []string{`"none" is not supported`}},
		"an empty name":         {dpop.Policy{Algorithms: []string{"ES256", ""}}, []string{`"" is not supported`}},
		"lower case":            {dpop.Policy{Algorithms: []string{"es256"}}, []string{`"es256" is not supported`}},
		"an unknown algorithm":  {dpop.Policy{Algorithms: []string{"ES256K"}}, []string{`"ES256K" is not supported`}},
		"a symmetric algorithm": {dpop.Policy{Algorithms: []string{"ES256", "HS256"}}, []string{`"HS256" needs a shared secret`}},
		"repeated algorithms":   {dpop.Policy{Algorithms: []string{"ES256", "RS256", "ES256"}}, []string{`"ES256" is repeated`}},
		"a negative age":        {dpop.Policy{MaxAge: -1}, []string{"MaxAge must be between 0 and 5m0s"}},
		"an age that is long":   {dpop.Policy{MaxAge: 5*time.Minute + 1}, []string{"MaxAge must be between 0 and 5m0s"}},
		"zero nonces":           {dpop.Policy{Nonces: &dpop.Nonces{}}, []string{"Nonces: the zero value accepts nothing: use NewNonces"}},
		"a short secret": {
			dpop.Policy{Nonces: dpop.NewNonces(secret(31), time.Minute)},
			[]string{"Nonces: the secret of NewNonces has 31 bytes: use at least 32 random bytes"},
		},
		"a short period": {
			dpop.Policy{Nonces: dpop.NewNonces(secret(32), time.Second-1)},
			[]string{"Nonces: the period of NewNonces is 999.999999ms: use whole seconds from 1s to 10m0s"},
		},
		"a long period": {
			dpop.Policy{Nonces: dpop.NewNonces(secret(32), 10*time.Minute+time.Second)},
			[]string{"the period of NewNonces is 10m1s"},
		},
		"a broken second": {
			dpop.Policy{Nonces: dpop.NewNonces(secret(32), 1500*time.Millisecond)},
			[]string{"the period of NewNonces is 1.5s"},
		},
		"two faults of nonces": {
			dpop.Policy{Nonces: dpop.NewNonces(nil, 0)},
			[]string{"the secret of NewNonces has 0 bytes", "the period of NewNonces is 0s"},
		},
		"a nil memory":        {dpop.Policy{Replay: (*dpop.Memory)(nil)}, []string{"Replay: is a nil *dpop.Memory: check the error of its constructor"}},
		"a nil pointer":       {dpop.Policy{Replay: (*pointerStore)(nil)}, []string{"is a nil *dpop_test.pointerStore"}},
		"a nil map":           {dpop.Policy{Replay: mapStore(nil)}, []string{"is a nil dpop_test.mapStore"}},
		"a nil function":      {dpop.Policy{Replay: funcStore(nil)}, []string{"is a nil dpop_test.funcStore"}},
		"a memory below zero": {dpop.Policy{Replay: dpop.NewMemory(-1)}, []string{"Replay: NewMemory(-1): want a size of 0 or more"}},
		"everything": {
			dpop.Policy{
				Algorithms: []string{"none", "HS256", "HS256"}, MaxAge: time.Hour,
				Nonces: dpop.NewNonces(nil, time.Minute), Replay: (*dpop.Memory)(nil),
			},
			[]string{`"none" is not supported`, `"HS256" needs a shared secret`, `"HS256" is repeated`, "MaxAge", "Nonces", "Replay"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tt.policy.Complete()
			if err == nil {
				t.Fatal("got no fault")
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(tt.want) {
				t.Errorf("got %d faults, want %d: %q", len(lines), len(tt.want), lines)
			}
			for i, want := range tt.want {
				if i < len(lines) && (!strings.HasPrefix(lines[i], "dpop: ") || !strings.Contains(lines[i], want)) {
					t.Errorf("got %q, want dpop: and %q", lines[i], want)
				}
			}
		})
	}
}

func TestOffAcceptsEveryReplay(t *testing.T) {
	for range 2 {
		wantFirst(t, dpop.Off, key(1), time.Now().Add(time.Minute), true)
	}
}
