// Package pages provides the HTML pages of the test authorization server: sign
// in, consent, sign out, device code, messages, the form of the Form Post
// Response Mode, the start page and the debug page.
//
// Each page is a struct and a function that writes the page. The functions do
// not depend on OAuth: the caller decides what a form does and whether it is
// allowed. Every page works without scripts. The only script submits the form
// of [FormPost] automatically.
//
// # Fields
//
// Forms are sent by POST to the page's Action. There are two exceptions. The
// filter of the debug page changes nothing and is sent by GET. The form of
// [FormPost] is sent to the client's redirect URI. The Field constants are the
// names of the fields. Two fields contain data of the server: [FieldRequest] is
// one opaque string, such as the query of the authorization request, and
// [FieldCSRF] is the CSRF token. The parameters of the authorization request
// are not separate fields, because a parameter such as decision=allow could be
// mistaken for the user's decision.
//
// # Headers
//
// All pages forbid framing, content sniffing, caching and referrers. Their
// Content Security Policy forbids everything except their own style and the
// script of [FormPost]. Because of the no-referrer policy, browsers send
// "Origin: null" with the forms, so a server must check [FieldCSRF] and not the
// origin.
//
// [Login], [Consent], [Logout] and [FormPost] have no form-action directive.
// Chromium applies this directive to the target of a form and to every redirect
// that follows. Sign-in, consent and sign-out end at the client's redirect URI.
// That URI may redirect to another origin that is not registered, to an app's
// own scheme, or to an IPv6 literal, which the grammar of the policy does not
// allow. A form-action with only the redirect URI would therefore break some
// logins in Chromium. A form-action would protect against injected forms, but
// html/template already prevents them. The other pages have a form-action.
//
// # Texts
//
// All dynamic text is escaped for its context. Names that clients choose are
// isolated with bdi, so that a right-to-left override does not affect other
// text. They are also shortened, so that a long name does not push the buttons
// out of sight.
package pages
