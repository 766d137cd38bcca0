package signals

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"time"

	"github.com/bearerguard/bearerguard/internal/contain"
)

const (
	maxBody    = 16 << 10 // bytes, the default of middleware.Config.MaxTokenBytes
	retryAfter = "2"      // seconds, as in the answers of the middleware

	readTimeout    = 10 * time.Second // time limit for a body; a slow sender must not occupy a connection
	publishTimeout = 5 * time.Second  // limit for List.Add; a longer wait is treated as an outage
)

// receiver is the handler of one kind of message.
type receiver struct {
	Config
	name      string // for logs
	mediaType string
	accepted  int                                               // the status of an acknowledgement
	refused   func(c code, description string) any              // returns the body of a refusal with the status 400
	receive   func(*receiver, context.Context, string) *refusal // acts on a request body
	outage    contain.Change                                    // the current outage, as logged
}

// ServeHTTP receives one message.
func (rc *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store") // Back-Channel Logout 1.0 §2.8
	body, refused := rc.read(w, r)
	if refused == nil {
		refused = rc.receive(rc, r.Context(), body)
	}
	if refused != nil {
		rc.log(func() {
			rc.Logger.LogAttrs(r.Context(), slog.LevelDebug, "signal refused",
				slog.String("receiver", rc.name), slog.Int("status", refused.status), slog.String("reason", refused.description))
		})
	}
	switch {
	case refused == nil:
		w.WriteHeader(rc.accepted)
	case refused.status == http.StatusBadRequest:
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Language", "en") // RFC 8935 §2.3
		w.WriteHeader(refused.status)
		_ = json.NewEncoder(w).Encode(rc.refused(refused.code, refused.description))
	default:
		if refused.status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", retryAfter)
		}
		http.Error(w, refused.description, refused.status)
	}
}

// read checks the form of a request and returns its body.
func (rc *receiver) read(w http.ResponseWriter, r *http.Request) (string, *refusal) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		return "", &refusal{status: http.StatusMethodNotAllowed, description: "the method must be POST"}
	case err != nil || mediaType != rc.mediaType:
		return "", &refusal{status: http.StatusUnsupportedMediaType, description: "the Content-Type must be " + rc.mediaType}
	case !rc.isAuthorized(r.Header["Authorization"]):
		return "", refuse(authenticationFailed, "the Authorization field does not have the expected value")
	}
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Now().Add(readTimeout)) // fails in tests, whose recorders have no deadlines
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		return "", &refusal{status: http.StatusRequestEntityTooLarge, description: "the body is too long"}
	} else if err != nil {
		return "", refuse(invalidRequest, "the body cannot be read")
	}
	_ = connection.SetReadDeadline(time.Time{}) // otherwise the server cancels the request when the deadline passes
	return string(body), nil
}

// isAuthorized reports whether the Authorization field of a request has the
// configured value, or need not be checked. It compares hashes in constant
// time.
func (rc *receiver) isAuthorized(fields []string) bool {
	if rc.Authorization == "" || rc.mediaType != eventType {
		return true
	}
	if len(fields) != 1 {
		return false
	}
	got, want := sha256.Sum256([]byte(fields[0])), sha256.Sum256([]byte(rc.Authorization))
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

// logOutage logs the beginning and the end of an outage of the feed or the
// list, once each. It also logs when the reason of the outage changes.
func (rc *receiver) logOutage(ctx context.Context, refused *refusal) {
	switch {
	case refused == nil && rc.outage.To(""):
		rc.log(func() { rc.Logger.InfoContext(ctx, "signals are accepted again", "receiver", rc.name) })
	case refused != nil && rc.outage.To(refused.description):
		rc.log(func() {
			rc.Logger.WarnContext(ctx, "signals are not accepted", "receiver", rc.name, "status", refused.status, "reason", refused.description)
		})
	}
}

// log calls write, which calls the Logger. A panic of the Logger must not
// change the answer.
func (rc *receiver) log(write func()) { contain.Panic(write) }

// code is an error code of RFC 8935 §2.4. A logout token is always refused with
// invalidRequest (Back-Channel Logout 1.0 §2.8).
type code string

const (
	invalidRequest       code = "invalid_request"
	invalidKey           code = "invalid_key"
	invalidIssuer        code = "invalid_issuer"
	invalidAudience      code = "invalid_audience"
	authenticationFailed code = "authentication_failed"
	accessDenied         code = "access_denied"
)

// refusal is the reason why a message is refused. Its description never
// contains a part of the message.
type refusal struct {
	status      int
	code        code
	description string
}

func refuse(c code, description string) *refusal {
	return &refusal{http.StatusBadRequest, c, description}
}

// Error makes a refusal an error. A callback can return it to stop the parsing
// of an object.
func (r *refusal) Error() string { return r.description }
