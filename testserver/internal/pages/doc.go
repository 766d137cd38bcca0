// Package pages is what a person sees of the test authorization server: sign
// in, consent, sign out, device code, messages, the form of the Form Post Response
// Mode, the start page and the debug page.
//
// A page is a struct and a function that writes it. The functions know nothing
// of OAuth: what a click means, and whether it may, is for the caller to decide.
// Every page works without script; the only script there is presses the one
// button of [FormPost], early.
//
// # Fields
//
// Forms are sent by POST to the page's Action, except the filter of the debug page,
// which changes nothing. Their fields are named by the Field constants. What the server wants back travels in two of them:
// [FieldRequest], one opaque text such as the query of the authorization
// request, and [FieldCSRF]. They are never spread over fields of their own: an
// authorization request that carries decision=allow must not be taken for a
// person's decision.
//
// # Headers
//
// All pages forbid framing, sniffing, caching, referrers and, by their Content
// Security Policy, everything but their own style. With no referrer a browser
// sends "Origin: null" with the forms, so a server must check [FieldCSRF] and
// not the origin.
//
// form-action is another matter. Chromium applies it to every redirect that
// follows a form, and not only to where the form goes: sign-in, consent and
// sign-out end at the client's redirect URI, which may itself redirect to a front
// end on another origin that no registration names, to an app's own scheme, or to
// an IPv6 literal, which the policy's grammar cannot say. A policy that lists the
// redirect URI breaks these logins, in one browser only. So [Login], [Consent],
// [Logout] and [FormPost] leave form-action out; what it would stop, a form
// injected into the page, html/template does not let in. The other pages lead
// nowhere else, and say so.
//
// # Texts
//
// Everything dynamic is escaped by its place in the page. Names that strangers
// choose are set apart by bdi, so that a right-to-left override ends with them,
// and are cut, so that a long one does not push the buttons out of sight.
package pages
