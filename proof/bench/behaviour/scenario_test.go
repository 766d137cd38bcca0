package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"

	"github.com/bearerguard/bearerguard/proof/bench/rival"
	"github.com/bearerguard/bearerguard/testserver"
)

// habits configures a simple verifier for the tests. The zero value fetches the
// keys for each token, without a timeout.
type habits struct {
	once    bool          // fetch the keys only once, when the verifier is made
	keep    bool          // use the previous keys when a fetch fails
	timeout time.Duration // for each fetch; 0 means no timeout
	trusts  bool          // accept every token
}

func (h habits) rival() rival.Rival {
	return rival.Rival{Open: func(ctx context.Context, s rival.Settings) (rival.Verifier, error) {
		client, known := s.Within(h.timeout), json.RawMessage(nil)
		if h.once {
			keys, err := fetchKeys(ctx, client, s.JWKS)
			if err != nil {
				return nil, err
			}
			known = keys
		}
		return rival.Func(func(ctx context.Context, token string) error {
			if h.trusts {
				return nil
			}
			if !h.once {
				keys, err := fetchKeys(ctx, client, s.JWKS)
				switch {
				case err == nil:
					known = keys
				case !h.keep || known == nil:
					return err
				}
			}
			k, err := keyfunc.NewJWKSetJSON(known)
			if err != nil {
				return err
			}
			_, err = jwt.Parse(token, k.Keyfunc)
			return err
		}), nil
	}}
}

func fetchKeys(ctx context.Context, client *http.Client, url string) (json.RawMessage, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(resp.Status)
	}
	return io.ReadAll(resp.Body)
}

// seldom equals usual, except that tokens are sent less often. The tests use it
// because signing tokens takes time, whereas waiting in a synctest bubble takes
// none.
var seldom = func() pace {
	p := usual
	p.every = 100 * time.Millisecond
	return p
}()

// inABubble measures one rival in a synctest bubble.
func inABubble(t *testing.T, r rival.Rival, scenarios []scenario) (tb table, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		tb, err = measure(t.Context(), seldom, []rival.Rival{r}, scenarios, io.Discard, testserver.InMemory())
	})
	return tb, err
}

func TestTheTableSaysWhatAVerifierDoes(t *testing.T) {
	for name, test := range map[string]struct {
		habits habits
		want   []string
	}{
		"keys are fetched for each token": {
			habits{},
			[]string{"51", "51", "fails after < 10 ms", "blocks after < 10 ms, for > 10 s", "< 10 ms", "< 10 ms", "< 10 ms", "< 10 ms"},
		},
		"keys are fetched for each token, for a second at most": {
			habits{timeout: time.Second},
			[]string{"51", "51", "fails after < 10 ms", "blocks after < 10 ms, for 1 s, then fails", "< 10 ms", "< 10 ms", "< 10 ms", "< 10 ms"},
		},
		"keys are fetched for each token, for a second at most, and else the last ones serve": {
			habits{timeout: time.Second, keep: true},
			[]string{"51", "51", "keeps working", "keeps working, but waits: 10×, 1 s at most", "< 10 ms", "< 10 ms", "< 10 ms", "< 10 ms"},
		},
		"keys are fetched once": {
			habits{once: true},
			[]string{"0", "0", "keeps working", "keeps working", "no (> 10 s)", "no (> 10 s)", "never (> 5 s)", "does not start"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			tb, err := inABubble(t, test.habits.rival(), scenarios(seldom))
			if err != nil {
				t.Fatal(err)
			}
			if got := tb.rows[0].cells; !slices.Equal(got, test.want) {
				t.Errorf("got  %q,\nwant %q", got, test.want)
			}
		})
	}
}

func TestThereIsNoTableOfAVerifierThat(t *testing.T) {
	refuses := rival.Rival{Open: func(context.Context, rival.Settings) (rival.Verifier, error) {
		return rival.Func(func(context.Context, string) error { return errors.New("refused") }), nil
	}}
	for name, test := range map[string]struct {
		rival rival.Rival
		play  scenario
		want  string
	}{
		"accepts random kids":                 {habits{trusts: true}.rival(), scenario{"column", randomKids}, "column: : a forged token was accepted"},
		"accepts bad signatures":              {habits{trusts: true}.rival(), scenario{"column", badSignatures}, "column: : a forged token was accepted"},
		"accepts junk":                        {habits{trusts: true}.rival(), scenario{"column", newKeyAfterJunk}, "column: : a forged token was accepted"},
		"accepts tokens without a key":        {habits{trusts: true}.rival(), scenario{"column", coldStart}, "before the verifier could have any keys"},
		"refuses good tokens from the outset": {refuses, scenario{"column", removedKey}, "a good token, before the scenario began: refused"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := inABubble(t, test.rival, []scenario{test.play})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestAnInterruptionIsNoResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 12*time.Second)
		defer cancel()
		var progress bytes.Buffer
		tb, err := measure(ctx, seldom, []rival.Rival{habits{once: true}.rival()}, scenarios(seldom), &progress, testserver.InMemory())
		if !errors.Is(err, context.DeadlineExceeded) || len(tb.rows) != 0 {
			t.Errorf("got %v and error %v, want no table and the deadline's error", tb, err)
		}
		if got, want := progress.String(), fmt.Sprintf("%s …\n%s …\n%s …\n", "random-kid flood: fetches in 5 s",
			"bad-signature flood: fetches in 5 s", "JWKS answers 503, TTL 1 s"); got != want {
			t.Errorf("got progress %q, want %q", got, want)
		}
	})
}
