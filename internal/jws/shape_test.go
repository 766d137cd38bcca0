package jws_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/internal/jws"
)

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func TestIsJWT(t *testing.T) {
	for _, tt := range []struct {
		name  string
		token string
		want  bool
	}{
		{"a header with members is a JWT", encode(`{"alg":"RS256"}`) + ".e30.AA", true},
		{"an empty header object is a JWT, refused later", "e30.e30.AA", true},
		{"a header that begins with white space inside the brace is a JWT", encode("{ \"alg\":1}") + ".", true},
		{"a header that begins with a line inside the brace is a JWT", encode("{\r\n\"alg\":1}") + ".", true},
		{"a header that begins with a tab inside the brace is a JWT", encode("{\t\"alg\":1}") + ".", true},
		{"an encrypted token is a JWT, refused by its shape", encode(`{"alg":"dir"}`) + "....", true},
		{"a truncated token with a dot is a JWT", "eyJ.", true},
		{"a token with rubbish after the first two bytes is a JWT", "eyJ!!.", true},
		{"a token without a dot is not a JWT", encode(`{"alg":"RS256"}`), false},
		{"an empty token is not a JWT", "", false},
		{"a lone dot is not a JWT", ".", false},
		{"two dots are not a JWT", "..", false},
		{"a leading dot is not a JWT", "." + encode(`{"alg":"RS256"}`), false},
		{"one character before the dot is not a JWT", "e.", false},
		{"two characters before the dot that decode to a brace are not a JWT", "ew.", false},
		{"random text with a dot is not a JWT", "mF_9.B5f-4.1JqM", false},
		{"a brace without JSON after it is not a JWT", encode("{x") + ".", false},
		{"a brace and a null byte are not a JWT", encode("{\x00") + ".", false},
		{"an array is not a JWT", encode(`["alg"]`) + ".", false},
		{"a string is not a JWT", encode(`"alg"`) + ".", false},
		{"a byte order mark before the brace is a JWT, since other libraries skip it", encode("\ufeff{\"alg\":1}") + ".", true},
		{"two byte order marks are not a JWT", encode("\ufeff\ufeff{\"alg\":1}") + ".", false},
		{"a space before the brace is a JWT", encode(" {\"alg\":1}") + ".", true},
		{"all white space before the brace is a JWT", encode("\t\r\n {\"alg\":1}") + ".", true},
		{"much white space before the brace is a JWT", encode(strings.Repeat(" ", 5000)+"{}") + ".", true},
		{"a form feed before the brace is not a JWT", encode("\f{\"alg\":1}") + ".", false},
		{"a no-break space before the brace is not a JWT", encode("\u00a0{\"alg\":1}") + ".", false},
		{"only white space is not a JWT", encode("   ") + ".e30.AA", false},
		{"a brace after a letter is not a JWT", encode("a{}") + ".", false},
		{"a line feed among the first three characters is not a JWT", "ey\n.e30.AA", false},
		{"carriage returns among the first three characters are not a JWT", "\r\re.e30.AA", false},
		{"three line feeds are not a JWT", "\n\n\n.e30.AA", false},
		{"padding among the first three characters is not a JWT", "ew=.e30.AA", false},
		{"a space among the first three characters is not a JWT", "ey J.", false},
		{"a character beyond ASCII is not a JWT", "é!.", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := jws.IsJWT(tt.token); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestSplit(t *testing.T) {
	for _, tt := range []struct {
		name                string
		compact             string
		head, payload, sign string
	}{
		{"three segments are decoded", encode("head") + "." + encode("payload") + "." + encode("sign"), "head", "payload", "sign"},
		{"the characters - and _ are read", "-_8.__-_.-w", "\xfb\xff", "\xff\xff\xbf", "\xfb"},
		{"an empty payload is a JWS", encode("head") + ".." + encode("sign"), "head", "", "sign"},
		{"a single byte has two characters", "AA.AQ.Ag", "\x00", "\x01", "\x02"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, header, err := jws.Split(tt.compact)
			if err != nil {
				t.Fatal(err)
			}
			if string(header) != tt.head || string(m.Payload) != tt.payload || string(m.Signature) != tt.sign {
				t.Errorf("got %q, %q, %q, want %q, %q, %q", header, m.Payload, m.Signature, tt.head, tt.payload, tt.sign)
			}
			if want := tt.compact[:strings.LastIndex(tt.compact, ".")]; m.SigningInput != want {
				t.Errorf("signing input: got %q, want %q", m.SigningInput, want)
			}
		})
	}
}

func TestAppendingToASegmentDoesNotChangeTheNext(t *testing.T) {
	m, header, err := jws.Split(encode("head") + "." + encode("payload") + "." + encode("sign"))
	if err != nil {
		t.Fatal(err)
	}
	_, _ = append(header, "overwritten"...), append(m.Payload, "overwritten"...)
	if string(m.Payload) != "payload" || string(m.Signature) != "sign" {
		t.Errorf("appending to a segment changed the next segment: got payload %q and signature %q", m.Payload, m.Signature)
	}
}

func TestSplitRefusesWhatIsNotThreeSegments(t *testing.T) {
	a := encode("segment")
	for _, tt := range []struct{ name, compact string }{
		{"nothing", ""},
		{"one segment", a},
		{"one segment and a dot", a + "."},
		{"two segments", a + "." + a},
		{"two segments and a trailing dot: no signature", a + "." + a + "."},
		{"a leading dot", "." + a + "." + a},
		{"a leading dot before three segments", "." + a + "." + a + "." + a},
		{"a trailing dot after three segments", a + "." + a + "." + a + "."},
		{"four segments", a + "." + a + "." + a + "." + a},
		{"five segments, which is a JWE", a + "." + a + "." + a + "." + a + "." + a},
		{"five segments without a key, which is a JWE too", a + ".." + a + "." + a + "." + a},
		{"only dots", ".."},
		{"many dots", strings.Repeat(".", 10_000)},
		{"a header and dots", a + ".."},
		{"flattened JSON serialization", `{"protected":"e30","payload":"e30","signature":"AA"}`},
		{"JSON serialization with dots in it", `{"protected":"e.30","payload":"e.30"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, _, err := jws.Split(tt.compact); !errors.Is(err, jws.ErrShape) {
				t.Errorf("got %v, want %v", err, jws.ErrShape)
			}
		})
	}
}

func TestSplitAcceptsOnlyCanonicalBase64URL(t *testing.T) {
	const good = "Zm9vYg" // "foob", with four bits unused
	if _, _, err := jws.Split(good + "." + good + "." + good); err != nil {
		t.Fatalf("the canonical spelling: got %v, want nil", err)
	}
	for _, tt := range []struct{ name, segment string }{
		{"full padding", good + "=="},
		{"half of the padding", good + "="},
		{"only padding", "===="},
		{"a plus of the standard alphabet", "+m9vYg"},
		{"a slash of the standard alphabet", "/m9vYg"},
		{"the last of the unused bits set", "Zm9vYh"},
		{"all of the unused bits set", "Zm9vYv"},
		{"one of two unused bits set", "Zm9vYmF"},
		{"an impossible length", "Zm9vY"},
		{"one character", "Z"},
		{"a line feed at the end", good + "\n"},
		{"a line feed at the beginning", "\n" + good},
		{"a line feed inside", "Zm9\nvYg"},
		{"a carriage return at the end", good + "\r"},
		{"a carriage return at the beginning", "\r" + good},
		{"a carriage return inside", "Zm9\rvYg"},
		{"a line break inside", "Zm9\r\nvYg"},
		{"only a line break", "\r\n"},
		{"a space at the end", good + " "},
		{"a space at the beginning", " " + good},
		{"a space inside", "Zm9 vYg"},
		{"a tab at the end", good + "\t"},
		{"a tab at the beginning", "\t" + good},
		{"a tab inside", "Zm9\tvYg"},
		{"a null byte", good + "\x00"},
		{"a question mark", "Zm9v?Yg"},
		{"a percent sign", "Zm9v%59g"},
		{"a no-break space", good + "\u00a0"},
		{"a full-width letter", "Zm9vYｇ"},
		{"a byte that is not UTF-8", good + "\xff"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for place, compact := range map[string]string{
				"header":    tt.segment + "." + good + "." + good,
				"payload":   good + "." + tt.segment + "." + good,
				"signature": good + "." + good + "." + tt.segment,
			} {
				if _, _, err := jws.Split(compact); !errors.Is(err, jws.ErrShape) {
					t.Errorf("in the %s: got %v, want %v", place, err, jws.ErrShape)
				}
			}
		})
	}
}
