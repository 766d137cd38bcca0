package introspect_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// counting makes a store count its calls of Get.
func counting(s *store) (gets *int) {
	gets = new(int)
	s.get = func(_ context.Context, key string) ([]byte, bool, error) {
		*gets++
		return s.lookup(key)
	}
	return gets
}

// An instance reads an answer from the shared store only once. It then keeps
// the answer in memory until the store's entry expires.
func TestAnswersFromAStoreStayInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, shared := newSite(respondOK(`{"active":true}`)), newStore()
		gets := counting(shared)
		assertActive(t, newClient(t, s, withCache(shared)), token)
		time.Sleep(20 * time.Second)
		second := newClient(t, s, withCache(shared))
		*gets = 0
		for range 3 {
			assertActive(t, second, token)
		}
		s.setAnswer(respondOK(`{"active":false}`))
		time.Sleep(10*time.Second - 1)
		assertActive(t, second, token)
		s.assertRequests(t, 1)
		if *gets != 1 {
			t.Errorf("got %d reads of the store before the end of the entry, want 1", *gets)
		}
		time.Sleep(time.Nanosecond)
		assertInactive(t, second, token)
	})
}

func TestAnswersThatWereWrittenToAStoreStayInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, shared := newSite(respondOK(`{"active":true}`)), newStore()
		gets := counting(shared)
		c := newClient(t, s, withCache(shared))
		for range 3 {
			assertActive(t, c, token)
		}
		if *gets != 1 {
			t.Errorf("got %d reads of the store, want only that of the first request", *gets)
		}
	})
}

func TestCallersCannotChangeAnswersFromAStore(t *testing.T) {
	s, shared := newSite(respondOK(`{"active":true}`)), newStore()
	assertActive(t, newClient(t, s, withCache(shared)), token)
	c := newClient(t, s, withCache(shared))
	for range 3 {
		r, err := c.Introspect(t.Context(), token)
		if err != nil || string(r.Claims) != `{"active":true}` {
			t.Fatalf("got %v and error %v, want the claims of the answer", r, err)
		}
		copy(r.Claims, `{"active":null}`)
	}
}
