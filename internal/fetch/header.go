package fetch

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxETag bounds what is kept of a server's own and sent back to it.
const maxETag = 256

// forever is longer than anybody waits, and short enough to calculate with.
const forever = 365 * 24 * time.Hour

func etagOf(h http.Header) string {
	if tag := h.Get("ETag"); len(tag) <= maxETag {
		return tag
	}
	return ""
}

// freshness is how long an answer may be used, as a cache of one client sees
// it (RFC 9111 §4.2.1, §5.2.2): 0 if it must be asked for again each time,
// negative if the server does not say. What cannot be read means 0.
func freshness(h http.Header) time.Duration {
	lifetime := time.Duration(-1)
	for directive := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		switch strings.ToLower(name) {
		case "no-store", "no-cache":
			return 0
		case "max-age":
			if lifetime < 0 {
				lifetime = max(seconds(strings.Trim(value, `"`)), 0)
			}
		}
	}
	if expires := h.Get("Expires"); lifetime < 0 && expires != "" {
		lifetime = max(until(expires, h), 0)
	}
	if lifetime < 0 {
		return lifetime
	}
	return max(lifetime-max(seconds(h.Get("Age")), 0), 0) // it may have lain in a cache on the way
}

// retryAfter reads Retry-After (RFC 9110 §10.2.3): seconds or a date.
func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if wait := seconds(value); wait >= 0 {
		return wait
	}
	return max(until(value, h), 0)
}

// seconds reads delta-seconds (RFC 9111 §1.2.2); negative if it is none.
func seconds(text string) time.Duration {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return -1
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n > int64(forever/time.Second) {
		return forever
	}
	return time.Duration(n) * time.Second
}

// until is the time to a date by the server's own clock, if it tells that;
// negative if the date is past or none.
func until(date string, h http.Header) time.Duration {
	then, err := http.ParseTime(date)
	if err != nil {
		return -1
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return min(then.Sub(now), forever)
}
