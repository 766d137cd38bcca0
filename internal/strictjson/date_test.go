package strictjson_test

import (
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/internal/strictjson"
)

func TestDate(t *testing.T) {
	for _, tt := range []struct {
		name  string
		value string
		want  time.Time
	}{
		{"an integer", "1300819380", time.Unix(1300819380, 0)},
		{"the epoch", "0", time.Unix(0, 0)},
		{"a negative zero is the epoch", "-0", time.Unix(0, 0)},
		{"half a second", "1300819380.5", time.Unix(1300819380, 5e8)},
		{"a fraction that is zero", "1300819380.000", time.Unix(1300819380, 0)},
		{"a quarter of a second after the epoch", "0.25", time.Unix(0, 25e7)},
		{"an exponent", "1.30081938e9", time.Unix(1300819380, 0)},
		{"an exponent in capitals and with a sign", "1.30081938E+9", time.Unix(1300819380, 0)},
		{"a number beyond 32 bits", "4294967296", time.Unix(1<<32, 0)},
		{"a number too small for a float is the epoch", "1e-400", time.Unix(0, 0)},
		{"the last second of the year 9999", "253402300799", time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := strictjson.Date(strictjson.Value(tt.value)); !ok || !got.Equal(tt.want) {
				t.Errorf("got %v, %v, want %v", got, ok, tt.want)
			}
		})
	}
	for _, tt := range []struct{ name, value string }{
		{"a string is refused", `"1300819380"`},
		{"an empty string is refused", `""`},
		{"a date as text is refused", `"2011-03-22T18:43:00Z"`},
		{"null is refused", `null`},
		{"true is refused", `true`},
		{"false is refused", `false`},
		{"an array is refused", `[1300819380]`},
		{"an object is refused", `{"seconds":1300819380}`},
		{"an empty text is refused", ``},
		{"minus one is refused", "-1"},
		{"just before the epoch is refused", "-0.1"},
		{"a large negative number is refused", "-1e30"},
		{"the first second of the year 10000 is refused", "253402300800"},
		{"half a second after the last is refused", "253402300799.5"},
		{"milliseconds are refused", "1300819380000"},
		{"1e18 is refused", "1e18"},
		{"1e19, which no longer fits an int64, is refused", "1e19"},
		{"1e30 is refused", "1e30"},
		{"the largest int64 is refused", "9223372036854775807"},
		{"one more than the largest int64 is refused", "9223372036854775808"},
		{"the largest uint64 is refused", "18446744073709551615"},
		{"the smallest int64 is refused", "-9223372036854775808"},
		{"1e400, which is not a float64, is refused", "1e400"},
		{"minus 1e400 is refused", "-1e400"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := strictjson.Date(strictjson.Value(tt.value)); ok || !got.IsZero() {
				t.Errorf("got %v, %v, want none", got, ok)
			}
		})
	}
}
