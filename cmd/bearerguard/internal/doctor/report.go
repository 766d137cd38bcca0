package doctor

import (
	"strconv"
	"strings"
	"unicode"
)

// Result is the outcome of a check.
type Result string

// These are the results. [Failed] and [Warned] are findings. If the path of a
// resource is only a prefix of the requested path, the document violates RFC
// 9728 §3.3, and strict clients reject the document. This is nevertheless not a
// finding. Otherwise, one document could not describe an API with several
// routes.
const (
	Passed  Result = "passed"
	Failed  Result = "failed"  // violates an RFC, or makes every client fail
	Warned  Result = "warned"  // makes some clients fail
	Skipped Result = "skipped" // not checked, because there is nothing to check or an earlier check failed
)

// Check is one line of a report. Strings from servers are escaped.
type Check struct {
	Name     string `json:"name"`
	About    string `json:"about"` // the rule that the API must follow
	Source   string `json:"source,omitempty"`
	Result   Result `json:"result"`
	Problem  string `json:"problem,omitempty"` // like Remedy, set only in findings
	Expected string `json:"expected,omitempty"`
	Found    string `json:"found,omitempty"`
	Remedy   string `json:"remedy,omitempty"`
}

// Finding reports whether the check found something that may make a client
// fail.
func (c Check) Finding() bool { return c.Result == Failed || c.Result == Warned }

// Report is the result of checking a URL.
type Report struct {
	URL      string  `json:"url"`
	Findings int     `json:"findings"`
	Checks   []Check `json:"checks"`
}

// about describes a check: its name, the rule that the API must follow, and the
// source of the rule.
type about struct{ name, text, source string }

// These are all the checks, in the order in which a report lists them. The
// check of the listed servers is repeated for each fault in the list. The last
// two are repeated for each authorization server that is checked.
var (
	aboutHTTPS     = about{"https", "the URL is https, or http on loopback", "RFC 9728 §7.1"}
	aboutStatus    = about{"status", "a request without a token is answered with 401", "RFC 6750 §3.1"}
	aboutChallenge = about{"challenge", "WWW-Authenticate has a Bearer or DPoP challenge", "RFC 6750 §3"}
	aboutPointer   = about{"pointer", "the challenge names the metadata in resource_metadata", "RFC 9728 §5.1"}
	aboutMetadata  = about{"metadata", "the metadata is a JSON object, of the right type and size", "RFC 9728 §3.2"}
	aboutResource  = about{"resource", "the metadata contains the URL of its resource", "RFC 9728 §2"}
	aboutMatch     = about{"match", "the resource is the requested URL, or the beginning of it", "RFC 9728 §3.3"}
	aboutLocation  = about{"location", "the metadata is at the well-known URL of its resource", "RFC 9728 §3.1"}
	aboutOwn       = about{"own location", "the well-known URL of the requested URL does not serve metadata of another resource", "RFC 9728 §3.3"}
	aboutRoot      = about{"root location", "the well-known URL of the host does not serve metadata of another resource", "RFC 9728 §3.3"}
	aboutHost      = about{"host", "a false Host, X-Forwarded-Host or Forwarded changes nothing", "RFC 9728 §7.3"}
	aboutHead      = about{"head", "HEAD for the metadata is answered like GET", "RFC 9110 §9.3.2"}
	aboutCORS      = about{"cors", "a script of any origin may read the metadata", ""}
	aboutScopes    = about{"scopes", "scopes_supported has the scopes of the challenge", "RFC 9728 §2"}
	aboutMethods   = about{"methods", "bearer_methods_supported does not list query", "RFC 9700 §4.3.2"}
	aboutServers   = about{"servers", "authorization_servers lists issuer identifiers", "RFC 9728 §2"}
	aboutTime      = about{"time", "the API answers each request within 2 seconds", ""}
	aboutIssuer    = about{"issuer", "the authorization server has metadata that contains its issuer", "RFC 8414 §3.3"}
	aboutKeys      = about{"keys", "jwks_uri returns a key set", "RFC 8414 §2"}
)

// finding describes why a check fails and how to fix it.
type finding struct{ problem, want, got, remedy string }

func (x *examination) pass(a about, found string) { x.note(a, Passed, finding{got: found}) }
func (x *examination) fail(a about, f finding)    { x.note(a, Failed, f) }
func (x *examination) warn(a about, f finding)    { x.note(a, Warned, f) }

func (x *examination) skip(list ...about) {
	for _, a := range list {
		x.note(a, Skipped, finding{})
	}
}

func (x *examination) note(a about, r Result, f finding) {
	c := Check{a.name, a.text, a.source, r, escape(f.problem), escape(f.want), escape(f.got), escape(f.remedy)}
	if c.Finding() {
		x.report.Findings++
	}
	x.report.Checks = append(x.report.Checks, c)
}

// maxText limits the length of each string in a check before it is escaped, in
// bytes.
const maxText = 1000

// escape shortens text to maxText bytes and escapes all characters that are not
// printable, including tabs and line breaks. Such characters could control a
// terminal.
func escape(text string) string {
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "…"
	}
	var b strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}
