package revoke

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// Kind specifies the claim with which the Value of a [Revocation] is compared.
// The numbers of the constants do not change, so a feed may store them.
type Kind int

// The kinds, with their claims.
const (
	Token       Kind = iota + 1 // jti; Before is ignored
	Subject                     // sub
	Session                     // sid
	Client                      // client_id, or the claim that the verifier uses instead
	Sessionless                 // sub, but only of tokens without sid
)

// String returns the name of the kind.
func (k Kind) String() string {
	if k < Token || k > Sessionless {
		return "unknown kind"
	}
	return [...]string{Token: "token", Subject: "subject", Session: "session", Client: "client", Sessionless: "sessionless"}[k]
}

// Revocation says that certain tokens of an issuer must be refused.
type Revocation struct {
	// Issuer is the issuer of the tokens, as in middleware.Token. It is iss or,
	// if iss is an alias or absent, the URL of the configured issuer.
	Issuer string

	// Kind and Value specify the tokens. Issuer and Value are valid UTF-8, and
	// each has between 1 and 1024 bytes.
	Kind  Kind
	Value string

	// Before limits the revocation to tokens that were issued at or before this
	// time. The times are compared in whole seconds. The zero time means all
	// tokens.
	Before time.Time

	// Until is when the last of these tokens has expired. It is required.
	// Before and Until must be in the years 1970 to 9999.
	Until time.Time
}

// Feed shares revocations between all machines of an API, for example through a
// stream in Redis. Package feedtest tests implementations.
//
// Implementations must be safe for concurrent use. Each call must return soon
// after its context has ended. An attacker who can write to a feed can make the
// API refuse tokens, so the feed must be as well protected as the API.
type Feed interface {
	// Publish appends revocations. If it returns nil, the feed has stored all
	// of them. If it returns an error, the feed may have stored some of them.
	//
	// A feed must keep a revocation at least until the time in the field Until.
	// It may store times in whole seconds, because a [List] publishes whole
	// seconds. A program that calls Publish without a List must add the clock
	// skew of the verifiers to Until.
	Publish(ctx context.Context, revocations ...Revocation) error

	// Read returns the revocations after a position, oldest first. "" is the
	// beginning of the feed. Read does not wait for new revocations, and does
	// not remove any. As soon as Publish has returned, Read must return the
	// published revocations. New revocations must come after all positions that
	// Read has already returned.
	//
	// Read returns ErrGap, which may be wrapped, if the feed has removed or
	// lost revocations after the position. The reader must then begin again
	// with "".
	Read(ctx context.Context, after string) (Batch, error)
}

// Batch is a part of a feed.
type Batch struct {
	Revocations []Revocation // has a zero Revocation for each stored one that the feed cannot read; Stats.Lag of the List then grows
	Next        string       // the position after Revocations; without Revocations and More, it may be the position passed to Read
	More        bool         // the caller must call Read again at once
	Epoch       string       // changes when the feed has lost its contents
}

// ErrGap is returned by [Feed.Read] if the feed has removed or lost revocations
// after the position.
var ErrGap = errors.New("revoke: the feed has removed entries after this position")

const (
	maxBytes = 1024         // limit for Issuer and Value
	latest   = 253402300799 // the last second of the year 9999, which is the last year that JSON and RFC 3339 support
)

// check returns the faults of a revocation. The texts of the faults do not
// quote the revocation.
func (r *Revocation) check() (faults []error) {
	for _, text := range []struct{ name, value string }{{"Issuer", r.Issuer}, {"Value", r.Value}} {
		switch {
		case text.value == "":
			faults = append(faults, fmt.Errorf("%s is empty", text.name))
		case len(text.value) > maxBytes:
			faults = append(faults, fmt.Errorf("%s has more than %d bytes", text.name, maxBytes))
		case !utf8.ValidString(text.value):
			faults = append(faults, fmt.Errorf("%s is not valid UTF-8", text.name))
		}
	}
	if r.Kind < Token || r.Kind > Sessionless {
		faults = append(faults, fmt.Errorf("Kind %d is unknown: use Token, Subject, Session, Client or Sessionless", r.Kind))
	}
	if r.Until.IsZero() {
		faults = append(faults, errors.New("the field Until is missing: set it to the time at which the last of these tokens expires"))
	}
	for _, at := range []struct {
		name string
		time time.Time
	}{{"Before", r.Before}, {"Until", r.Until}} {
		if !at.time.IsZero() && (at.time.Unix() < 0 || at.time.Unix() > latest) {
			faults = append(faults, fmt.Errorf("%s is not in the years 1970 to 9999", at.name))
		}
	}
	return faults
}

// rounded returns the revocation in whole seconds. Before is rounded down.
// Until is rounded up, but not beyond the year 9999.
func (r *Revocation) rounded() Revocation {
	own := *r
	if own.Kind == Token {
		own.Before = time.Time{}
	}
	if !own.Before.IsZero() {
		own.Before = time.Unix(own.Before.Unix(), 0).UTC()
	}
	own.Until = time.Unix(min(ceil(own.Until), latest), 0).UTC()
	return own
}

// ceil returns a time in Unix seconds, rounded up.
func ceil(t time.Time) int64 {
	if t.Nanosecond() > 0 {
		return t.Unix() + 1
	}
	return t.Unix()
}
