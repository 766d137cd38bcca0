package control

import (
	"net/http"
	"time"

	wire "github.com/bearerguard/bearerguard/internal/control"
)

// ShowClock returns the server's time.
func ShowClock() TypedOperation[wire.Clock] { return get[wire.Clock]("/v1/clock") }

// SetClock sets the server's time.
func SetClock(now time.Time) TypedOperation[wire.Clock] {
	return TypedOperation[wire.Clock]{Operation{http.MethodPut, "/v1/clock", wire.Clock{Now: now}}}
}

// AdvanceClock moves the server's time forward. A negative duration moves it
// backward.
func AdvanceClock(by time.Duration) TypedOperation[wire.Clock] {
	return post[wire.Clock]("/v1/clock", wire.Advance{By: wire.Duration(by)})
}

// Reset deletes the grants, opaque tokens, revocations, faults, requests and
// events of the server, and ends FreezeKeys.
func Reset() Operation { return Operation{http.MethodPost, "/v1/reset", nil} }

// TakeSnapshot returns the state of the server as a [wire.Snapshot].
func TakeSnapshot() Operation { return Operation{http.MethodGet, "/v1/snapshot", nil} }

// ListEvents lists the token events.
func ListEvents() TypedOperation[wire.Events] { return get[wire.Events]("/v1/events") }

// CheckAPI makes the server send every kind of bad token to an API.
func CheckAPI(c wire.Check) TypedOperation[wire.Checked] { return post[wire.Checked]("/v1/check", c) }
