package cases

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// verdict is an answer in a form that is the same for all protocols. Answers
// with equal verdicts differ at most in details, such as the format of the JSON
// or the values of the other header fields.
type verdict struct {
	stoppedByServer bool // net/http refused the request before any handler ran: with 431 if the header is too large, otherwise with 400 on HTTP/1.1 and a stream reset on HTTP/2
	status          int
	challenge       string // all WWW-Authenticate fields, as challenge.String writes them
	cacheControl    string
	retryAfter      string
	contentType     string
	others          string // names of all other header fields that are not in routine
	body            string // JSON, decoded and re-encoded; "" for HEAD
}

const realm = audience

func refusal(status int, challenged []param, body string) verdict {
	v := verdict{status: status, cacheControl: "no-store", contentType: "application/json", body: body}
	if challenged != nil {
		v.challenge = challenge{scheme: "Bearer", params: append([]param{{"realm", realm}}, challenged...)}.String()
	}
	return v
}

func coded(status int, code, description string, more ...param) verdict {
	return refusal(status, append([]param{{"error", code}, {"error_description", description}}, more...), object("error", code, "error_description", description))
}

func scope(names string) []param {
	if names == "" {
		return []param{}
	}
	return []param{{"scope", names}}
}

// These verdicts follow RFC 6750 §3. They were not copied from the code.

func noAuth(scopes string) verdict { return noToken(scope(scopes)...) }
func noToken(required ...param) verdict {
	return refusal(401, append([]param{}, required...), object("error_description", "an access token is required"))
}
func badRequest(description string) verdict { return coded(400, "invalid_request", description) }
func badToken(description string) verdict   { return coded(401, "invalid_token", description) }
func lacking(scopes string) verdict {
	return coded(403, "insufficient_scope", "token does not meet the requirements of this resource", scope(scopes)...)
}

// tooWeak returns the verdict if the user's authentication does not meet the
// requirements (RFC 9470 §3).
func tooWeak(required ...param) verdict {
	return coded(401, "insufficient_user_authentication", "authentication of the user does not meet the requirements of this resource", required...)
}

func ok(route, subject string) verdict {
	v := verdict{status: 200, contentType: "application/json", body: object("route", route)}
	if subject != "" {
		v.body = object("route", route, "subject", subject)
	}
	return v
}

var (
	malformed   = badRequest("request does not contain exactly one well-formed bearer token")
	twoTokens   = badRequest("request contains more than one access token")
	unavailable = func() verdict {
		v := refusal(503, nil, object("error", "temporarily_unavailable", "error_description", "token cannot be checked at the moment"))
		v.retryAfter = "2"
		return v
	}()
	internal        = refusal(500, nil, object("error", "server_error", "error_description", "the check failed"))
	stoppedByServer = verdict{stoppedByServer: true}
	tooLarge        = verdict{stoppedByServer: true, status: 431}
	alice           = func(route string) verdict { return ok(route, "alice") }
	anonymous       = func(route string) verdict { return ok(route, "") }
)

func object(pairs ...string) string {
	members := make(map[string]any)
	for i := 0; i < len(pairs); i += 2 {
		members[pairs[i]] = pairs[i+1]
	}
	text, _ := json.Marshal(members) // strings can always be encoded
	return string(text)
}

// to returns the verdict for a method. For HEAD, the verdict has no body.
func (v verdict) to(method string) verdict {
	if method == http.MethodHead {
		v.body = ""
	}
	return v
}

// passes reports whether the handler must run.
func (v verdict) passes() bool { return v.status == http.StatusOK }

// routine lists fields that depend on the protocol or the time.
var routine = []string{"Connection", "Content-Length", "Date"}

// verdict converts an answer to a verdict. It returns an error if the challenge
// or the body cannot be parsed.
func (a answer) verdict() (verdict, error) {
	switch {
	case a.reset, a.status == http.StatusBadRequest && strings.HasPrefix(a.header.Get("Content-Type"), "text/plain"):
		return stoppedByServer, nil
	case a.status == http.StatusRequestHeaderFieldsTooLarge:
		return tooLarge, nil
	}
	v := verdict{
		status:       a.status,
		cacheControl: strings.Join(a.header.Values("Cache-Control"), " | "),
		retryAfter:   strings.Join(a.header.Values("Retry-After"), " | "),
		contentType:  strings.Join(a.header.Values("Content-Type"), " | "),
	}
	var all []string
	for _, value := range a.header.Values("WWW-Authenticate") {
		challenges, err := parseChallenges(value)
		if err != nil {
			return v, err
		}
		for _, one := range challenges {
			all = append(all, one.String())
		}
	}
	v.challenge = strings.Join(all, ", ")
	var others []string
	for _, name := range slices.Sorted(maps.Keys(a.header)) {
		known := []string{"Www-Authenticate", "Cache-Control", "Retry-After", "Content-Type"}
		if !slices.Contains(known, name) && !slices.Contains(routine, name) {
			others = append(others, name)
		}
	}
	v.others = strings.Join(others, ", ")
	if len(a.body) == 0 {
		return v, nil
	}
	var decoded any
	if err := json.Unmarshal(a.body, &decoded); err != nil {
		return v, fmt.Errorf("%w in %q", err, a.body)
	}
	again, err := json.Marshal(decoded)
	v.body = string(again)
	return v, err
}
