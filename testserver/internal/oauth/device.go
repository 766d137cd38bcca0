package oauth

import (
	"crypto/sha256"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/grants"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// deviceFlow is the device authorization grant (RFC 8628).
type deviceFlow struct{ *Server }

// deviceTTL is the lifetime of a device code. deviceInterval is its initial
// polling interval, and the time that slow_down adds to the interval (RFC 8628
// §3.2, §3.5). The documentation of package testserver states deviceTTL.
const (
	deviceTTL      = 10 * time.Minute
	deviceInterval = 5 * time.Second
)

// deviceLeeway is subtracted from the required interval between two polls.
// Without it, a client that waits for the full interval would seem early if its
// previous request was slow to arrive.
const deviceLeeway = 500 * time.Millisecond

// userLetters has no vowels, so that user codes do not spell words, and no
// letters that are easily confused (RFC 8628 §6.1).
const userLetters = "BCDFGHJKLMNPQRSTVWXZ"

// deviceAuthorization serves the device authorization endpoint, where a device
// starts the flow (RFC 8628 §3.1).
func (s deviceFlow) deviceAuthorization(w http.ResponseWriter, r *http.Request) {
	form, failed := readForm(r, targetParameters...)
	var c *registry.Registered
	if failed == nil {
		c, failed = s.auth.authenticate(r, form)
	}
	var scopes []string
	if failed == nil {
		s.Journal.Identify(r, c.ID)
		if !c.May(catalogue.DeviceCode) {
			failed = refused("unauthorized_client", "the client may not use this grant")
		}
	}
	var targets []string
	if failed == nil {
		targets, failed = s.targets(form)
	}
	if failed == nil {
		scopes, failed = s.scopesFor(c, form.Get("scope"))
	}
	var details []string
	if failed == nil {
		details, failed = s.readDetails(form)
	}
	if failed != nil {
		failed.send(w)
		return
	}
	now := s.Clock.Now()
	code := s.Source.Handle("device code")
	d := &grants.Device{
		Family:  grants.Family{Client: c.ID, Kind: catalogue.DeviceCode, Scopes: scopes, Resources: targets, Details: details},
		Expires: now.Add(deviceTTL), Interval: deviceInterval,
	}
	all, unlock := s.grants.Lock()
	all.Changed(now)
	userCode := s.userCode()
	for all.ByCode[digestOf(userCode)] != (token.Digest{}) {
		userCode = s.userCode()
	}
	d.UserCode = digestOf(userCode)
	all.PutDevice(sha256.Sum256([]byte(code)), d)
	unlock()
	if failed := s.durable(); failed != nil {
		failed.send(w)
		return
	}
	body, _ := json.Marshal(map[string]any{ // cannot fail: the values are strings and numbers
		"device_code":               code,
		"user_code":                 userCode,
		"verification_uri":          s.urls[catalogue.Device],
		"verification_uri_complete": s.urls[catalogue.Device] + "?user_code=" + userCode,
		"expires_in":                int(deviceTTL / time.Second),
		"interval":                  int(deviceInterval / time.Second),
	})
	sendText(w, http.StatusOK, "application/json", body)
}

func (s deviceFlow) userCode() string {
	var b strings.Builder
	for i := 0; i < 8; {
		// Bytes of 240 and above are discarded. 240 is a multiple of 20, the
		// number of letters, so smaller bytes make every letter equally likely.
		for _, c := range s.Source.Draw("user code", 16) {
			if int(c) < 256/len(userLetters)*len(userLetters) && i < 8 {
				if i == 4 {
					b.WriteByte('-')
				}
				b.WriteByte(userLetters[int(c)%len(userLetters)])
				i++
			}
		}
	}
	return b.String()
}

// digestOf returns the digest under which a user code is stored.
func digestOf(userCode string) token.Digest { return sha256.Sum256([]byte(normal(userCode))) }

// normal returns a user code in the form that the device shows. The end user
// may have typed it in lower case or with other separators (RFC 8628 §6.1). If
// typed does not contain exactly eight letters from userLetters, normal returns
// "".
func normal(typed string) string {
	letters := slices.DeleteFunc([]byte(strings.ToUpper(typed)), func(c byte) bool { return !strings.Contains(userLetters, string(c)) })
	if len(letters) != 8 {
		return ""
	}
	return string(letters[:4]) + "-" + string(letters[4:])
}

// deviceCodeGrant handles the grant device_code (RFC 8628 §3.4, §3.5).
func (s deviceFlow) deviceCodeGrant(t *tokenRequest) (*grant, *failure) {
	text := t.form.Get("device_code")
	if text == "" {
		return nil, invalidRequest("the parameter device_code is missing")
	}
	now := s.Clock.Now()
	all, unlock := s.grants.Lock()
	defer unlock()
	d, known := all.Devices.Get(sha256.Sum256([]byte(text)))
	switch {
	case !known || d.Family.Client != t.client.ID || d.Used:
		return nil, invalidGrant("the device code is unknown, was used before, or was issued to another client")
	case !now.Before(d.Expires):
		return nil, refused("expired_token", "the device code has expired")
	}
	var early, slower bool
	if !d.Polled.IsZero() {
		waited := now.Sub(d.Polled)
		early = waited < d.Interval-deviceLeeway
		slower = waited >= d.Waited+deviceInterval-deviceLeeway
		d.Waited = waited
	}
	d.Polled = now
	switch {
	case early && !d.Denied && d.Family.Sub == "": // slow_down applies only until the end user decides
		// The interval grows unless the client obeys an earlier slow_down (RFC
		// 8628 §3.5). A client obeys if it waits five seconds longer than
		// before, even if this request is still too early. If the interval also
		// grew in this case, the client could never wait long enough.
		if !slower {
			d.Interval += deviceInterval
		}
		return nil, refused("slow_down", "the client polls too fast: add five seconds to the interval")
	case d.Denied:
		return nil, refused("access_denied", "the end user has refused")
	case d.Family.Sub == "":
		return nil, refused("authorization_pending", "the end user has not decided yet")
	}
	given := d.Family
	resources, failed := narrowed(given.Resources, t.targets)
	if failed != nil {
		return nil, failed
	}
	details, failed := s.narrowedDetails(given.Details, t.form)
	if failed != nil {
		return nil, failed
	}
	d.Used = true
	given.ID = s.Source.Name("family")
	s.tokens.startRefreshing(t.client, t.bound, t.proof.Key, &given, now)
	all.Begin(given, now)
	given.Resources, given.Details = resources, details
	undo := func(f *grants.Family) { d.Used, f.Revoked = false, true }
	return &grant{Family: given, kind: journal.Issued, undo: undo}, nil
}
