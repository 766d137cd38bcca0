package fetch

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxETag limits the length of ETags that are stored and sent back, in bytes.
const maxETag = 256

// maxDuration caps durations from header fields, so that arithmetic cannot
// overflow.
const maxDuration = 365 * 24 * time.Hour

func etagOf(h http.Header) string {
	if tag := h.Get("ETag"); len(tag) <= maxETag {
		return tag
	}
	return ""
}

// freshness returns how long a private cache may use an answer (RFC 9111
// §4.2.1, §5.2.2). It returns 0 if the answer must be fetched again each time,
// and a negative value if the server does not specify a lifetime. An invalid
// value is treated as 0.
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
	return max(lifetime-max(seconds(h.Get("Age")), 0), 0) // Age is the time that the answer spent in caches
}

// retryAfter returns the time to wait according to Retry-After (RFC 9110
// §10.2.3), which contains seconds or a date. It returns 0 if the field is
// missing or invalid, or if the date is in the past.
func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if wait := seconds(value); wait >= 0 {
		return wait
	}
	return max(until(value, h), 0)
}

// seconds reads delta-seconds (RFC 9111 §1.2.2). It returns a negative value if
// text is not a number of seconds.
func seconds(text string) time.Duration {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return -1
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n > int64(maxDuration/time.Second) {
		return maxDuration
	}
	return time.Duration(n) * time.Second
}

// until returns the time from the answer until the given date. The time of the
// answer is in its Date field. If this field is missing or invalid, until uses
// the current time. The result is negative if the given date is invalid or
// earlier than the answer.
func until(date string, h http.Header) time.Duration {
	then, err := http.ParseTime(date)
	if err != nil {
		return -1
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return min(then.Sub(now), maxDuration)
}
