package pages

// These are the names of the form fields. The comments say which page has the
// field, and what the field contains.
const (
	FieldRequest = "server_request" // Form.Request of the page
	FieldCSRF    = "server_csrf"    // Form.CSRF of the page

	FieldUsername = "username"  // Login
	FieldPassword = "password"  // Login
	FieldPick     = "pick"      // Login: a user name in Users; absent if the password form was sent
	FieldScope    = "scope"     // Consent: once for each checked scope; Debug: all scopes, separated by spaces
	FieldDecision = "decision"  // Consent, Logout: DecisionAllow or DecisionDeny
	FieldUserCode = "user_code" // Device

	FieldDo       = "do"         // Debug: DoRotate or DoMint
	FieldClient   = "client_id"  // Debug, like the fields below
	FieldSubject  = "sub"        //
	FieldAudience = "aud"        //
	FieldExpires  = "expires_in" // a Go duration
	FieldDefect   = "defect"     // an element of Defects, or ""
)

// These are the values of FieldDecision. Every other value is treated as
// DecisionDeny.
const (
	DecisionAllow = "allow"
	DecisionDeny  = "deny"
)

// These are the values of FieldDo.
const (
	DoRotate = "rotate"
	DoMint   = "mint"
)
