package fetch_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/internal/fetch"
	"github.com/bearerguard/bearerguard/proof/program"
)

func TestGetReturnsTheBodyOfA200(t *testing.T) {
	var got http.Request
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		got = *r
		answer(http.StatusOK, `{"keys":[]}`)(w, r)
	})
	body, err := get(t.Context(), s.Client(), s.URL+"/keys?v=1")
	if err != nil || string(body) != `{"keys":[]}` {
		t.Errorf("got %q and error %v, want the body", body, err)
	}
	if got.Method != http.MethodGet || got.URL.RequestURI() != "/keys?v=1" || got.ContentLength != 0 || got.Header.Get("Content-Type") != "" {
		t.Errorf("sent %s %s with %d bytes of type %q, want a GET without a body", got.Method, got.URL.RequestURI(), got.ContentLength, got.Header.Get("Content-Type"))
	}
	if accept := got.Header.Get("Accept"); accept != "application/json, application/jwk-set+json" {
		t.Errorf("sent Accept: %s, want JSON and JWK Sets", accept)
	}
}

func TestGetWithoutClientUsesTheDefaultOne(t *testing.T) {
	s := newServer(t, answer(http.StatusOK, `{}`))
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	if body, err := get(t.Context(), nil, s.URL); err != nil || string(body) != `{}` {
		t.Errorf("got %q and error %v, want {}", body, err)
	}
	if http.DefaultClient.CheckRedirect != nil {
		t.Error("the default client was changed")
	}
}

func TestStatusesOtherThan200AreErrors(t *testing.T) {
	for _, status := range []int{201, 202, 203, 204, 206, 299, 300, 301, 304, 399, 400, 401, 403, 404, 410, 418, 429, 499, 500, 502, 503, 504, 599} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			s := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("Content-Range", "bytes 0-1/2")
				w.Header().Set("Retry-After", "120")
				w.WriteHeader(status)
				_, _ = io.WriteString(w, `{"keys":["`+canary+`"]}`)
			})
			body, err := get(t.Context(), s.Client(), s.URL+"/"+canary)
			var got fetch.StatusError
			if !errors.As(err, &got) || got != (fetch.StatusError{Status: status, RetryAfter: 2 * time.Minute}) || body != nil {
				t.Errorf("got %q, %v, want status %d", body, err, status)
			}
			checkSilent(t, err)
		})
	}
}

func TestContentType(t *testing.T) {
	for _, tt := range []struct {
		name, contentType string
		want              error
	}{
		{"a JWK Set passes", "application/jwk-set+json", nil},
		{"JSON passes", "application/json; charset=utf-8", nil},
		{"plain text passes", "text/plain", nil},
		{"no type passes", "", nil},
		{"an invalid type passes", ";;;", nil},
		{"an HTML page is refused", "text/html", fetch.ErrContentType},
		{"an HTML page with a charset is refused", "text/html; charset=utf-8", fetch.ErrContentType},
		{"an HTML page in capitals is refused", "Text/HTML;Charset=UTF-8", fetch.ErrContentType},
		{"an HTML page with a broken parameter is refused", "text/html; charset", fetch.ErrContentType},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = nil
				if tt.contentType != "" {
					w.Header().Set("Content-Type", tt.contentType)
				}
				_, _ = io.WriteString(w, `{"a":1}`)
			})
			body, err := get(t.Context(), s.Client(), s.URL)
			if !errors.Is(err, tt.want) || (err == nil) != (string(body) == `{"a":1}`) {
				t.Errorf("got %q, %v, want %v", body, err, tt.want)
			}
		})
	}
}

// hijack returns a handler that sends raw bytes and closes the connection.
func hijack(t *testing.T, raw string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(conn, raw)
		_ = conn.Close()
	}
}

func TestBrokenAnswers(t *testing.T) {
	for _, tt := range []struct {
		name, raw string
		want      error
	}{
		{"a body shorter than its length is truncated", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"keys\":\"" + canary, fetch.ErrTruncated},
		{"a chunked body without its end is truncated", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n" + canary + "\r\n", fetch.ErrTruncated},
		{"a chunked body with a bad length is truncated", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + canary + "\r\n", fetch.ErrTruncated},
		{"an invalid gzip body is truncated", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 6\r\n\r\n" + canary, fetch.ErrTruncated},
		{"a truncated header is a failed connection", "HTTP/1.1 200 OK\r\nX-" + canary + ": 1\r\n", fetch.ErrUnreachable},
		{"an answer that is not HTTP is a failed connection", "SSH-2.0-" + canary + "\r\n", fetch.ErrUnreachable},
		{"no answer is a failed connection", "", fetch.ErrUnreachable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, hijack(t, tt.raw))
			body, err := get(t.Context(), s.Client(), s.URL+"/"+canary)
			if !errors.Is(err, tt.want) || body != nil {
				t.Errorf("got %q, %v, want %v", body, err, tt.want)
			}
			checkSilent(t, err)
		})
	}
}

func TestUnreachable(t *testing.T) {
	for _, tt := range []struct {
		name, address string
		want          error
	}{
		{"a port without a listener", "http://" + program.Address(t) + "/" + canary, fetch.ErrConnect},
		{"another scheme", "ftp://127.0.0.1/" + canary, fetch.ErrUnreachable},
		{"a file", "file:///" + canary, fetch.ErrUnreachable},
		{"a text that is not a URL", "http://[" + canary, fetch.ErrURL},
		{"a URL with a line break", "http://127.0.0.1/\n" + canary, fetch.ErrURL},
		{"only a path", "/" + canary, fetch.ErrUnreachable},
		{"nothing", "", fetch.ErrUnreachable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := get(t.Context(), &http.Client{Transport: &http.Transport{}}, tt.address)
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			checkSilent(t, err)
		})
	}
}

func TestUnresolvedName(t *testing.T) {
	client := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: canary, IsNotFound: true}}
	}}}
	_, err := get(t.Context(), client, "https://"+canary+".invalid/")
	if !errors.Is(err, fetch.ErrName) {
		t.Errorf("got %v, want %v", err, fetch.ErrName)
	}
	checkSilent(t, err)
}

func TestTLS(t *testing.T) {
	trusted := newTLSServer(t, answer(http.StatusOK, `{}`))
	plain := newServer(t, answer(http.StatusOK, `{}`))
	modern := prepare(answer(http.StatusOK, `{}`))
	modern.TLS = &tls.Config{MinVersion: tls.VersionTLS13}
	modern.StartTLS()
	t.Cleanup(modern.Close)
	roots := trusted.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	clientWith := func(config *tls.Config) *http.Client {
		transport := &http.Transport{TLSClientConfig: config}
		t.Cleanup(transport.CloseIdleConnections)
		return &http.Client{Transport: transport}
	}
	for _, tt := range []struct {
		name    string
		client  *http.Client
		address string
		want    error
	}{
		{"a trusted certificate is accepted", trusted.Client(), trusted.URL, nil},
		{"an unknown authority is refused", clientWith(nil), trusted.URL, fetch.ErrTLS},
		{"a certificate for another name is refused", clientWith(&tls.Config{RootCAs: roots, ServerName: canary + ".test"}), trusted.URL, fetch.ErrTLS},
		{"a server without TLS is refused", clientWith(nil), "https://127.0.0.1:" + plain.port(), fetch.ErrTLS},
		{"a server that refuses the version is a failed handshake", clientWith(&tls.Config{RootCAs: roots, MaxVersion: tls.VersionTLS12}), modern.URL, fetch.ErrTLS},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := get(t.Context(), tt.client, tt.address+"/"+canary)
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			checkSilent(t, err)
		})
	}
}

func TestConnectionsAreReusedAfterErrors(t *testing.T) {
	statuses := []int{500, 200, 404, 503, 200, 401, 204, 200, 302, 200}
	next := 0
	s := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
		status := statuses[next]
		next++
		answer(status, "")(w, nil)
		if status != http.StatusNoContent && status != http.StatusFound {
			_, _ = io.WriteString(w, strings.Repeat(" ", 12<<10)) // the body of an error page
		}
	})
	for range statuses {
		_, _ = get(t.Context(), s.Client(), s.URL)
	}
	if requests, connections := s.requests.Load(), s.connections.Load(); int(requests) != len(statuses) || connections != 1 {
		t.Errorf("got %d requests over %d connections, want %d over 1", requests, connections, len(statuses))
	}
}

func TestCookiesAreNeitherStoredNorSent(t *testing.T) {
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		if len(r.Cookies()) > 0 {
			t.Errorf("got the cookies %v, want none", r.Cookies())
		}
		http.SetCookie(w, &http.Cookie{Name: "session", Value: canary})
		answer(http.StatusOK, `{}`)(w, r)
	})
	jar := &jar{}
	client := s.Client()
	client.Jar = jar
	for range 2 {
		if _, err := get(t.Context(), client, s.URL); err != nil {
			t.Fatal(err)
		}
	}
	if jar.used {
		t.Error("the client's cookie jar was used")
	}
	if client.Jar != jar || client.CheckRedirect != nil {
		t.Error("the caller's client was changed")
	}
}

type jar struct{ used bool }

func (j *jar) SetCookies(*url.URL, []*http.Cookie) { j.used = true }

func (j *jar) Cookies(*url.URL) []*http.Cookie {
	j.used = true
	return []*http.Cookie{{Name: "session", Value: canary}}
}

func TestStatusErrorText(t *testing.T) {
	for status, want := range map[int]string{404: "server answered Not Found", 503: "server answered Service Unavailable", 299: "server answered with an unknown status", 0: "server answered with an unknown status"} {
		if got := (fetch.StatusError{Status: status}).Error(); got != want {
			t.Errorf("%d: got %q, want %q", status, got, want)
		}
	}
}

func TestAProxyThatIsDownIsAConnectError(t *testing.T) {
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: program.Address(t)})}}
	for _, scheme := range []string{"http", "https"} {
		if _, err := get(t.Context(), client, scheme+"://as.example/"); !errors.Is(err, fetch.ErrConnect) {
			t.Errorf("%s: got %v, want %v", scheme, err, fetch.ErrConnect)
		}
	}
}

func TestBasicChallengesAreReported(t *testing.T) {
	for _, tt := range []struct {
		fields []string
		want   bool
	}{
		{nil, false},
		{[]string{`Basic realm="x"`}, true},
		{[]string{"basic"}, true},
		{[]string{`Bearer realm="x"`, `Basic realm="y"`}, true},
		{[]string{`Bearer realm="x", Basic realm="y"`}, true},
		{[]string{`Bearer realm="a \", b",Basic`}, true},
		{[]string{`Bearer realm="x"`}, false},
		{[]string{`Bearer error_description="send, Basic or not"`}, false},
		{[]string{`Bearer error_description="send \", Basic or not"`}, false},
		{[]string{`Basically realm="x"`}, false},
		{[]string{`Bearer scope=Basic`}, false},
	} {
		server := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Www-Authenticate"] = tt.fields
			w.WriteHeader(http.StatusUnauthorized)
		})
		answer, err := fetch.PostForm(t.Context(), server.Client(), server.URL, nil, nil)
		if refused, ok := errors.AsType[fetch.StatusError](err); !ok || refused.Status != http.StatusUnauthorized || answer.BasicChallenge != tt.want {
			t.Errorf("%q: got %t, %v, want %t", tt.fields, answer.BasicChallenge, err, tt.want)
		}
	}
}
