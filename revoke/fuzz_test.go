package revoke_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bearerguard/bearerguard/revoke"
)

// model is a naive list. It contains every revocation ever made. Each
// revocation expires exactly at its Until.
type model []revoke.Revocation

func (m model) revoked(c revoke.Claims, now time.Time) bool {
	return slices.ContainsFunc(m, func(r revoke.Revocation) bool {
		value := map[revoke.Kind]string{revoke.Token: c.ID, revoke.Subject: c.Subject, revoke.Session: c.Session, revoke.Client: c.ClientID, revoke.Sessionless: c.Subject}[r.Kind]
		applies := r.Kind != revoke.Sessionless || c.Session == ""
		old := r.Kind == revoke.Token || r.Before.IsZero() || c.IssuedAt.IsZero() || c.IssuedAt.Unix() <= r.Before.Unix()
		return r.Issuer == c.Issuer && r.Value == value && applies && old && now.Before(r.Until)
	})
}

// draw reads small numbers from the input of a fuzz target.
type draw struct{ data []byte }

func (d *draw) n(limit int) int {
	if len(d.data) == 0 {
		return 0
	}
	n := int(d.data[0]) % limit
	d.data = d.data[1:]
	return n
}

// Revocations are added, published, lost and expired in any order. Once the
// feed works, all lists must have all revocations. It does not matter whether a
// list or another program published a revocation.
func FuzzListsAgreeWithTheModel(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 5, 0, 1, 1, 1, 1, 3, 2, 2, 4, 3, 0})
	f.Add([]byte{0, 0, 1, 1, 2, 9, 0, 1, 1, 1, 0, 3, 0, 2, 1, 1, 1, 14, 2, 7, 3})
	f.Add([]byte{5, 0, 1, 2, 0, 3, 12, 4, 0, 2, 0, 1, 9, 5, 3, 2, 3, 1, 1, 0, 1, 8, 2, 6})
	f.Add([]byte{0, 0, 1, 0, 3, 1, 0, 0, 1, 0, 1, 3, 0, 0, 1, 0, 0, 6, 2, 5, 0, 0, 1, 0, 2, 2})
	f.Fuzz(func(t *testing.T, data []byte) {
		synctest.Test(t, func(t *testing.T) {
			feed, d, began := new(unstable), &draw{data[:min(len(data), 60)]}, time.Now()
			const unit = 10 * time.Second
			at := func(n int) time.Time { return began.Add(time.Duration(n) * unit) }
			lists := fleet(t, feed, 2)
			var all model
			some := func() revoke.Revocation {
				r := revoke.Revocation{Issuer: issuer, Kind: revoke.Kind(1 + d.n(4)), Value: fmt.Sprint(d.n(2))}
				if before := d.n(4); before > 0 {
					r.Before = at(before)
				}
				r.Until = time.Now().Add(time.Duration(d.n(6)) * unit)
				return r
			}
			for len(d.data) > 0 {
				switch d.n(6) {
				case 0: // a list revokes
					l := lists[d.n(len(lists))]
					r := some()
					all = append(all, r)
					r.Until = r.Until.Add(-5 * time.Minute) // compensates for the five minutes that Add adds
					if err := l.Add(t.Context(), r); err != nil && !errors.Is(err, revoke.ErrPublish) {
						t.Fatal(err)
					}
				case 1: // another program publishes
					r := some()
					if feed.Memory.Publish(t.Context(), r) != nil {
						t.Fatal("the feed failed")
					}
					all = append(all, r)
				case 2: // time passes
					time.Sleep([]time.Duration{time.Second, unit, 3 * unit}[d.n(3)])
				case 3: // the feed loses all revocations, but the lists have them
					time.Sleep(time.Second)
					feed.Lose()
				case 4: // a gap
					feed.set(func(u *unstable) { u.gap = true })
				case 5: // Publish fails, or works again
					feed.set(func(u *unstable) {
						if u.publish == nil {
							u.publish = errors.New("unavailable")
						} else {
							u.publish = nil
						}
					})
				}
			}
			feed.set(func(u *unstable) { u.publish = nil })
			time.Sleep(3 * time.Second)
			lists = append(lists, fleet(t, feed, 1)...)
			for range 2 {
				for kind := revoke.Token; kind <= revoke.Sessionless; kind++ {
					for value := range 2 {
						for issued := range 5 {
							c := revoke.Claims{Issuer: issuer}
							*map[revoke.Kind]*string{revoke.Token: &c.ID, revoke.Subject: &c.Subject, revoke.Session: &c.Session, revoke.Client: &c.ClientID, revoke.Sessionless: &c.Subject}[kind] = fmt.Sprint(value)
							if issued > 0 {
								c.IssuedAt = at(issued)
							}
							for i, l := range lists {
								if got, err := l.Check(c); got != all.revoked(c, time.Now()) || err != nil {
									t.Errorf("list %d, %+v: got %t and %v, want %t", i, c, got, err, !got)
								}
							}
						}
					}
				}
				time.Sleep(unit)
			}
		})
	})
}
