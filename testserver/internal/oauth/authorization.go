package oauth

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bearerguard/bearerguard/internal/catalogue"
	"github.com/bearerguard/bearerguard/testserver/internal/identity"
	"github.com/bearerguard/bearerguard/testserver/internal/pages"
	"github.com/bearerguard/bearerguard/testserver/internal/registry"
	"github.com/bearerguard/bearerguard/testserver/internal/token"
)

// authorization is an authorization request (RFC 6749 §4.1.1, OpenID Connect
// Core 1.0 §3.1.2.1) from a known client with a valid redirect URI.
type authorization struct {
	client      *registry.Registered
	raw         string // the query with which the request restarts after a login or consent page
	redirectURI string
	stated      bool // the request contains redirect_uri
	state       string
	mode        string
	scopes      []string
	resources   []string
	details     []string
	claims      string
	requested   identity.ClaimsRequest // the parsed parameter claims
	nonce       string
	challenge   string
	jkt         string // dpop_jkt; "" allows any key or no proof
	prompt      []string
	maxAge      time.Duration // negative means no limit
	loginHint   string
	hinted      string       // the subject of id_token_hint; "" means no hint
	acrs        []string     // requested authentication contexts, in order of preference
	pushed      token.Digest // digest of request_uri, zero if the request was not pushed
	used        bool         // usePushed has marked the pushed request as used
}

// readAuthorization parses an authorization request. It returns at most one
// failure. If the client or the redirect URI is invalid, the failure is
// returned as show, for a page in the browser. Any other failure is returned as
// redirect, and is sent to the client. In this case, a contains the parameters
// that were read before the failure.
func (s authorizeEndpoint) readAuthorization(form url.Values) (a *authorization, show, redirect *failure) {
	for _, name := range []string{"client_id", "redirect_uri"} {
		if len(form[name]) > 1 {
			return nil, invalidRequest(name + " is repeated"), nil
		}
	}
	a = &authorization{raw: form.Encode(), redirectURI: form.Get("redirect_uri"), stated: form.Get("redirect_uri") != "", mode: "query", maxAge: -1}
	if show = s.findClient(a, form.Get("client_id")); show != nil {
		return nil, show, nil
	}
	if values := form["state"]; len(values) == 1 { // error responses include state too (RFC 6749 §4.1.2.1)
		a.state = values[0]
	}
	if form, redirect = singleValued(form, targetParameters...); redirect != nil { // RFC 8707 §2
		return a, nil, redirect
	}
	scopes, openid := strings.Fields(form.Get("scope")), "openid"
	if !a.stated && slices.Contains(scopes, openid) {
		return nil, invalidRequest("redirect_uri is missing: OpenID Connect requires it"), nil
	}
	return a, nil, s.readParameters(a, form)
}

// findClient sets the client and the redirect URI of a. If one of them is
// invalid, it returns a failure, and the browser must not be redirected (RFC
// 6749 §4.1.2.1, RFC 9700 §4.11).
func (s authorizeEndpoint) findClient(a *authorization, id string) *failure {
	if id == "" {
		return invalidRequest("client_id is missing")
	}
	c, known := s.Registry.Client(id)
	if !known && s.config.AllowUnregistered && a.stated {
		c, known = s.Registry.Admit(id, a.redirectURI)
	}
	switch {
	case !known:
		return unknownClient(id)
	case !a.stated && len(c.RedirectURIs) != 1:
		return invalidRequest("redirect_uri is missing: it is optional only for a client that has registered exactly one")
	case !a.stated:
		a.redirectURI = c.RedirectURIs[0]
	case !c.Redirects(a.redirectURI):
		return unregistered("redirect_uri", c, a.redirectURI, c.RedirectURIs)
	}
	a.client = c
	return nil
}

const howToRegister = "in the configuration, with bearerguard client add, or with AddClient in Go."

func unknownClient(id string) *failure {
	return invalidRequest("no client is registered under this client_id").explain(
		"The application is not registered with this server.", "Register it under \"clients\" "+howToRegister,
		pages.Field{Name: "client_id", Value: id},
	)
}

// unregistered returns the failure for a URI that the client has not
// registered. own lists the URIs that the client has registered.
func unregistered(parameter string, c *registry.Registered, sent string, own []string) *failure {
	facts := []pages.Field{{Name: "Client", Value: c.ID}, {Name: "Sent", Value: sent}}
	for _, uri := range shortened(own) {
		facts = append(facts, pages.Field{Name: "Registered", Value: uri})
	}
	return invalidRequest(parameter+" is not registered for the client").explain(
		"The application sent a "+parameter+" that is not registered for it.",
		"The URIs must be identical, except for the port of a loopback address. Change it in the application, or register it as "+
			parameter+"s "+howToRegister, facts...,
	)
}

// readParameters reads all parameters except client_id, redirect_uri and state.
func (s authorizeEndpoint) readParameters(a *authorization, form url.Values) *failure {
	web := strings.HasPrefix(a.redirectURI, "http://") || strings.HasPrefix(a.redirectURI, "https://")
	switch mode := form.Get("response_mode"); {
	case mode == "" || mode == "query":
	case mode == "fragment", mode == "form_post" && web:
		a.mode = mode
	default:
		return invalidRequest("response_mode is not query, fragment or form_post")
	}
	switch {
	case form.Has("request"):
		return refused("request_not_supported", "request objects are not supported")
	case form.Has("request_uri"):
		return refused("request_uri_not_supported", "request objects are not supported")
	case form.Get("response_type") == "":
		return invalidRequest("response_type is missing")
	case form.Get("response_type") != "code":
		return refused("unsupported_response_type", "response_type is not code")
	case !a.client.May(catalogue.AuthorizationCode):
		return refused("unauthorized_client", "the client may not use this grant")
	}
	if failed := a.pkce(form); failed != nil {
		return failed
	}
	if a.jkt = form.Get(jktParameter); a.jkt != "" && !isSHA256(a.jkt) {
		return invalidRequest("dpop_jkt is not the SHA-256 thumbprint of a key in base64url (RFC 9449 section 10)")
	}
	var failed *failure
	if a.scopes, failed = s.scopesFor(a.client, form.Get("scope")); failed != nil {
		return failed
	}
	if a.resources, failed = s.targets(form); failed != nil {
		return failed
	}
	if a.details, failed = s.readDetails(form); failed != nil {
		return failed
	}
	a.nonce, a.loginHint = form.Get("nonce"), form.Get("login_hint")
	if form.Has("id_token_hint") {
		claims, ok := s.readIDTokenHint(form.Get("id_token_hint"))
		if a.hinted, _ = claims.Text("sub"); !ok || a.hinted == "" {
			return invalidRequest("id_token_hint is not an ID token of this server")
		}
	}
	a.claims = form.Get("claims")
	var err error
	if a.requested, err = identity.ParseClaims(a.claims); err != nil {
		return invalidRequest(err.Error())
	}
	a.acrs = strings.Fields(form.Get("acr_values"))
	if named := a.requested.ACRs(); len(named) > 0 {
		a.acrs = append(slices.DeleteFunc(a.acrs, func(acr string) bool { return !slices.Contains(named, acr) }), named...)
	}
	return a.readPrompt(form)
}

// pkce reads code_challenge and code_challenge_method (RFC 7636 §4.3). Only
// S256 is supported, because plain does not protect against an attacker who can
// read the request (RFC 9700 §2.1.1).
func (a *authorization) pkce(form url.Values) *failure {
	a.challenge = form.Get("code_challenge")
	switch method := form.Get("code_challenge_method"); {
	case a.challenge == "" && method != "":
		return invalidRequest("code_challenge_method is set without code_challenge")
	case a.challenge == "" && a.client.Public && !a.client.Itself:
		return invalidRequest("code_challenge is missing: public clients must use PKCE (RFC 9700 section 2.1.1)")
	case a.challenge != "" && method != "S256":
		return invalidRequest("code_challenge_method is not S256")
	case a.challenge != "" && !isSHA256(a.challenge):
		return invalidRequest("code_challenge is not a SHA-256 hash in base64url")
	}
	return nil
}

func (a *authorization) readPrompt(form url.Values) *failure {
	a.prompt = strings.Fields(form.Get("prompt"))
	for _, p := range a.prompt {
		if !slices.Contains([]string{"none", "login", "consent", "select_account"}, p) {
			return invalidRequest("prompt has a value other than none, login, consent and select_account")
		}
	}
	if a.hasPrompt("none") && len(a.prompt) > 1 {
		return invalidRequest("prompt has none together with another value")
	}
	if form.Has("max_age") {
		seconds, err := strconv.ParseUint(form.Get("max_age"), 10, 31)
		if err != nil {
			return invalidRequest("max_age is not a number of seconds")
		}
		a.maxAge = time.Duration(seconds) * time.Second
	}
	return nil
}

// consents returns what the end user must consent to: each scope, and "claim
// NAME" for each claim about the user that is requested by name and that
// a.scopes do not release. The two kinds cannot be equal, because a scope
// cannot contain a space.
func (a *authorization) consents(scopes []string) []string {
	all := slices.Clone(scopes)
	for _, name := range a.requested.Names(a.scopes) {
		all = append(all, "claim "+name)
	}
	return all
}

func (a *authorization) hasPrompt(prompt string) bool { return slices.Contains(a.prompt, prompt) }
