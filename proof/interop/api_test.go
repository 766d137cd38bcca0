package interop_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// buildAPI builds examples/api in the root module and returns the program's
// path.
func buildAPI(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "api")
	build := exec.CommandContext(t.Context(), "go", "build", "-C", filepath.Join("..", ".."), "-o", program, "./examples/api")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build ./examples/api: %v\n%s", err, out)
	}
	return program
}

// api is a running API.
type api struct {
	url     string
	clients []client
}

type client struct {
	protocol string // the version of HTTP, as in http.Response.Proto
	*http.Client
}

// startAPI runs the program. The environment of the program contains only
// LISTEN and the given variables, so that the developer's environment does not
// influence the test.
func startAPI(t *testing.T, program string, env ...string) *api {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Env = append([]string{"LISTEN=127.0.0.1:0"}, env...)
	line := start(t, cmd, func() error { return cmd.Process.Signal(os.Interrupt) })
	url, ready := strings.CutPrefix(line, "listening on ")
	if !ready {
		t.Fatalf("examples/api: got first line %q, want listening on http://ADDR", line)
	}

	return newAPI(t, url)
}

func newAPI(t *testing.T, url string) *api {
	var http1, http2 http.Protocols
	http1.SetHTTP1(true)
	http2.SetUnencryptedHTTP2(true)
	return &api{url: url, clients: []client{newClient(t, "HTTP/1.1", &http1), newClient(t, "HTTP/2.0", &http2)}}
}

func newClient(t *testing.T, protocol string, only *http.Protocols) client {
	transport := &http.Transport{Protocols: only}
	t.Cleanup(transport.CloseIdleConnections)
	return client{protocol, &http.Client{Transport: transport}}
}

// call is a request and the expected answer.
type call struct {
	what   string      // description of the call in the table
	route  string      // such as "GET /items"
	token  string      // "" means no token
	header http.Header // further fields of the request
	status int
	body   string // JSON, compared only if the status is a success
	err    string // error code in the challenge and in the body of a refusal; "" means no error code in either
	scope  string // the scope in the challenge; "" means any scope or none
}

// fault makes the call over HTTP/1.1 and over HTTP/2. It returns "" if both
// answers are as expected. Otherwise, it describes what is wrong.
func (a *api) fault(t *testing.T, c call) string {
	t.Helper()
	for _, client := range a.clients {
		method, path, _ := strings.Cut(c.route, " ")
		req, err := http.NewRequestWithContext(t.Context(), method, a.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(req.Header, c.header)
		if c.token != "" {
			req.Header.Set("Authorization", "Bearer "+c.token)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if resp.Proto != client.protocol {
			t.Fatalf("got %s, want %s", resp.Proto, client.protocol)
		}
		if wrong := c.judge(resp, body); wrong != "" {
			return client.protocol + ": " + wrong
		}
	}
	return ""
}

var attribute = regexp.MustCompile(`([a-z_]+)="([^"]*)"`)

func (c call) judge(resp *http.Response, body []byte) string {
	if resp.StatusCode != c.status {
		return "got status " + resp.Status + " " + string(body)
	}
	var got any
	if err := json.Unmarshal(body, &got); err != nil {
		return "the body is not JSON: " + string(body)
	}
	challenges := resp.Header.Values("WWW-Authenticate")
	if c.status < 400 {
		var want any
		if err := json.Unmarshal([]byte(c.body), &want); err != nil {
			return "the expected body is not JSON: " + c.body
		}
		if !reflect.DeepEqual(got, want) {
			return "got body " + string(body) + ", want " + c.body
		}
		if len(challenges) != 0 {
			return "got a challenge with a success: " + challenges[0]
		}
		return ""
	}

	object, _ := got.(map[string]any)
	if c.status == http.StatusServiceUnavailable {
		if len(challenges) != 0 || resp.Header.Get("Retry-After") == "" || object["error"] != c.err {
			return "got challenges " + strings.Join(challenges, " | ") + ", Retry-After " + resp.Header.Get("Retry-After") + " and body " +
				string(body) + ", want no challenge, a Retry-After and error " + c.err
		}
		return ""
	}
	bearer := 0
	for _, challenge := range challenges {
		scheme, _, _ := strings.Cut(challenge, " ")
		want := "" // only the challenge for Bearer contains the error
		if scheme == "Bearer" {
			bearer++
			want = c.err
		} else if scheme != "DPoP" {
			return "got challenge " + challenge + ", want the scheme Bearer or DPoP"
		}
		attributes := map[string]string{}
		for _, match := range attribute.FindAllStringSubmatch(challenge, -1) {
			attributes[match[1]] = match[2]
		}
		if got, named := attributes["error"]; got != want || named != (want != "") {
			return "got challenge " + challenge + ", want error " + want
		}
		if c.scope != "" && attributes["scope"] != c.scope {
			return "got challenge " + challenge + ", want scope " + c.scope
		}
	}
	if bearer != 1 {
		return "got challenges " + strings.Join(challenges, " | ") + ", want one for Bearer"
	}
	if code, named := object["error"]; named != (c.err != "") || named && code != c.err {
		return "got body " + string(body) + ", want error " + c.err
	}
	if resp.Header.Get("Cache-Control") != "no-store" {
		return "got a refusal without Cache-Control: no-store"
	}
	return ""
}
