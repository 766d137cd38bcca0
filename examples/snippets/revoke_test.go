package snippets

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/revoke"
	"github.com/bearerguard/bearerguard/revoke/feedtest"
)

func TestRevocableTokens(t *testing.T) {
	feed := new(feedtest.Memory)
	v, list, err := revocable(t.Context(), feed)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Healthy(); !errors.Is(err, middleware.ErrUnavailable) {
		t.Errorf("Healthy before the keys and the feed were read: got %v, want %v", err, middleware.ErrUnavailable)
	}
	w := httptest.NewRecorder()
	receiver(list)(w, httptest.NewRequest("POST", "/?user=alice", nil))
	if w.Code != 202 {
		t.Errorf("got %d, want 202", w.Code)
	}
	alice := revoke.Claims{Issuer: "https://login.example.com", Subject: "alice", IssuedAt: time.Now().Add(-time.Minute)}
	if revoked, err := list.Check(alice); !revoked || err != nil {
		t.Errorf("got %t and %v, want a revoked token", revoked, err)
	}
	if batch, err := feed.Read(t.Context(), ""); len(batch.Revocations) != 1 || err != nil {
		t.Errorf("got %d revocations in the feed and %v, want one", len(batch.Revocations), err)
	}
	w = httptest.NewRecorder()
	receiver(list)(w, httptest.NewRequest("POST", "/", nil))
	if w.Code != 400 {
		t.Errorf("without a user: got %d, want 400", w.Code)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // makes the feed return an error
	w = httptest.NewRecorder()
	receiver(list)(w, httptest.NewRequestWithContext(ctx, "POST", "/?user=bob", nil))
	if w.Code != 503 {
		t.Errorf("without the feed: got %d, want 503", w.Code)
	}
}
