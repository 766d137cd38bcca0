package testserver

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/internal/control"
	"github.com/bearerguard/bearerguard/testserver/internal/journal"
	"github.com/bearerguard/bearerguard/testserver/internal/mtls"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// tokenOptions returns the options that m describes. The options for m.Claims
// come after options such as Subject. If both set the same claim, the value in
// m.Claims is used.
func tokenOptions(m control.Mint) (opts []TokenOption) {
	if m.Sub != "" {
		opts = append(opts, Subject(m.Sub))
	}
	if m.ClientID != "" {
		opts = append(opts, ForClient(m.ClientID))
	}
	if m.Scope != nil {
		opts = append(opts, Scope(m.Scope...))
	}
	if m.Aud != nil {
		opts = append(opts, Audience(m.Aud...))
	}
	if m.Alg != "" {
		opts = append(opts, SigningAlg(Alg(m.Alg)))
	}
	if m.Opaque {
		opts = append(opts, OpaqueTokens())
	}
	if m.ExpiresIn != nil {
		opts = append(opts, ExpiresIn(time.Duration(*m.ExpiresIn)))
	}
	if m.NotBeforeIn != nil {
		opts = append(opts, notBeforeIn(time.Duration(*m.NotBeforeIn)))
	}
	for _, name := range token.ClaimNames(m.Claims) {
		opts = append(opts, Claim(name, m.Claims[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(m.Header)) {
		opts = append(opts, JOSEHeader(name, m.Header[name]))
	}
	opts = append(opts, Without(m.Without...))
	if m.Certificate != "" {
		opts = append(opts, boundToPEM(m.Certificate))
	}
	if m.DPoPKey != "" {
		opts = append(opts, boundToText(m.DPoPKey))
	}
	if m.Defect != "" {
		opts = append(opts, With(Defect(m.Defect)))
	}
	return opts
}

// notBeforeIn sets nbf to the server's time plus d.
func notBeforeIn(d time.Duration) TokenOption {
	return tokenOption(func(t *token.Draft) { t.SetTime("nbf", d) })
}

// boundToPEM binds the token to the first certificate in a PEM text.
func boundToPEM(text string) TokenOption {
	return tokenOption(func(t *token.Draft) {
		certs, err := mtls.ParsePEM([]byte(text))
		if err != nil {
			t.Fail(fmt.Errorf("certificate: %w", err))
			return
		}
		t.BindToCertificate(certs[0])
	})
}

// boundToText binds the token to a key. The text of the key can have any format
// that ParseKey reads.
func boundToText(text string) TokenOption {
	return tokenOption(func(t *token.Draft) {
		k, err := ParseKey([]byte(text))
		if err != nil {
			t.Fail(fmt.Errorf("dpop_key: %w", err))
			return
		}
		t.BindTo(k)
	})
}

// jsonNames replaces the Go names in an error with the names of JSON members.
var jsonNames = strings.NewReplacer(
	"JOSEHeader says", "header says", "OpaqueTokens makes", "opaque makes", `; for a malformed claim use Claim("scope", …)`, `; for a malformed one use claims`,
	"Scope: ", "scope: ", "Audience: ", "aud: ", "SigningAlg", "alg", "Without", "without", "With(", "defect(",
)

func (c *controller) mintToken(r *http.Request) (any, error) {
	var m control.Mint
	if err := read(r, &m); err != nil {
		return nil, err
	}
	form, err := c.formLike(m.Like)
	if err != nil {
		return nil, err
	}
	t, err := c.oauth.IssueAs(form, editBy(tokenOptions(m)))
	if err != nil {
		return nil, errors.New(jsonNames.Replace(err.Error()))
	}
	claims, err := json.Marshal(t.Claims)
	if err != nil {
		return nil, err
	}
	response := control.Minted{
		AccessToken: t.Access, TokenType: "Bearer", RefreshToken: t.Refresh, IDToken: t.ID,
		Claims: claims, Fingerprint: journal.Fingerprint(t.Access),
	}
	if m.DPoPKey != "" {
		response.TokenType = "DPoP"
	}
	if !t.Expiry.IsZero() {
		response.ExpiresIn = t.Expiry.Unix() - c.Now().Unix()
	}
	return response, nil
}

func (c *controller) badTokens(r *http.Request) (any, error) {
	var m control.Mint
	if err := read(r, &m); err != nil {
		return nil, err
	}
	if m.Defect != "" {
		return nil, errors.New("defect: this request mints a token for every defect: leave it out, or use /v1/tokens for one")
	}
	form, err := c.formLike(m.Like)
	if err != nil {
		return nil, err
	}
	opts := tokenOptions(m)
	response := control.BadTokens{}
	for d := range Defects() {
		t, err := c.oauth.MintAs(form, editBy(append(opts[:len(opts):len(opts)], With(d))))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d, err)
		}
		status, code := d.Expect()
		response.Tokens = append(response.Tokens, control.BadToken{Name: string(d), Status: status, Code: code, Token: t})
	}
	return response, nil
}

func (c *controller) listTokens(*http.Request) (any, error) {
	return control.Tokens{Tokens: c.tokens()}, nil
}

// tokens returns the access tokens in the audit log.
func (c *controller) tokens() []control.Token {
	list := []control.Token{}
	at := map[string]int{} // by fingerprint
	for _, e := range c.Events() {
		i, known := at[e.Fingerprint]
		switch {
		case e.Kind == journal.Issued || e.Kind == journal.Refreshed:
			at[e.Fingerprint] = len(list)
			list = append(list, control.Token{
				Fingerprint: e.Fingerprint, Issued: e.Time, ClientID: e.ClientID, Sub: e.Sub, Scopes: e.Scopes, Family: e.Family,
			})
		case e.Kind == journal.Revoked && known: // revokes only this access token, not its grant
			list[i].Revoked = true
		case e.Kind == journal.Revoked && e.Family != "":
			for i := range list {
				list[i].Revoked = list[i].Revoked || list[i].Family == e.Family
			}
		}
	}
	return list
}

func (c *controller) inspectToken(r *http.Request) (any, error) {
	var input control.Inspect
	if err := read(r, &input); err != nil {
		return nil, err
	}
	if input.Token == "" {
		return nil, errors.New("token: missing, want the token to inspect")
	}
	response := control.Inspected{Fingerprint: journal.Fingerprint(input.Token), Introspection: c.oauth.Introspection(input.Token)}
	if parts := strings.Split(input.Token, "."); len(parts) == 3 {
		response.Header, response.Claims = segment(parts[0]), segment(parts[1])
	}
	return response, nil
}

// segment decodes one part of a JWT. It returns nil if the part is not JSON.
func segment(part string) json.RawMessage {
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil || !json.Valid(text) {
		return nil
	}
	return text
}

func (c *controller) revokeToken(r *http.Request) (any, error) {
	var input control.Revoke
	if err := read(r, &input); err != nil {
		return nil, err
	}
	if (input.Token == "") == (input.Sub == "") {
		return nil, errors.New("give either token or sub")
	}
	if input.Sub != "" {
		return control.Revoked{Revoked: c.RevokeSubject(input.Sub)}, nil
	}
	if !c.Revoke(input.Token) {
		return nil, notFound("this server did not issue the token")
	}
	return control.Revoked{Revoked: 1}, nil
}

// signalOptions returns the options that m describes.
func signalOptions(m control.Logout) []TokenOption {
	opts := tokenOptions(control.Mint{Sub: m.Sub, ClientID: m.ClientID, Aud: m.Aud, Alg: m.Alg, Header: m.Header, Defect: m.Defect})
	if m.SID != "" {
		opts = append(opts, Claim("sid", m.SID))
	}
	return append(opts, tokenOptions(control.Mint{Claims: m.Claims, Without: m.Without})...)
}

func (c *controller) sendLogout(r *http.Request) (any, error) {
	var input control.Logout
	if err := read(r, &input); err != nil {
		return nil, err
	}
	t, err := c.oauth.LogoutToken(editBy(signalOptions(input)))
	return receipt(r, Receiver{URL: input.Receiver}, t, err, sendLogout)
}

func (c *controller) transmit(r *http.Request) (any, error) {
	var input control.Transmit
	if err := read(r, &input); err != nil {
		return nil, err
	}
	event := SecurityEvent{Type: catalogue.EventTypeOf(input.Event)}
	if input.Payload != nil { // {} is an empty payload; nil is the default payload
		event.Payload = map[string]any{}
		for name, text := range input.Payload {
			event.Payload[name] = text
		}
	}
	t, err := c.oauth.EventToken(event, editBy(signalOptions(input.Logout)))
	return receipt(r, Receiver{URL: input.Receiver, Authorization: input.Authorization}, t, err, transmit)
}

// receipt sends the token t to a receiver, and returns t with the response. If
// the receiver has no URL, receipt returns t without sending it. err is the
// error that occurred when t was made, or nil.
func receipt(r *http.Request, to Receiver, t token.Signal, err error, send func(context.Context, Receiver, token.Signal) (Receipt, error)) (any, error) {
	if err != nil {
		return nil, errors.New(jsonNames.Replace(err.Error()))
	}
	if to.URL == "" {
		return control.Receipt{Token: t.Token}, nil
	}
	if err := to.Check(); err != nil {
		return nil, fmt.Errorf("receiver: %w", err)
	}
	got, err := send(r.Context(), to, t)
	if err != nil {
		return nil, refusal{http.StatusBadGateway, "no_answer", err.Error()}
	}
	return control.Receipt{Token: t.Token, Status: got.Status, RetryAfter: got.RetryAfter, Body: got.Body}, nil
}
