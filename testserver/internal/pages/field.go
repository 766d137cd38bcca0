package pages

// The names of the form fields.
const (
	FieldRequest = "server_request" // Request of the page
	FieldCSRF    = "server_csrf"    // CSRF of the page

	FieldUsername = "username"  // Login
	FieldPassword = "password"  // Login
	FieldPick     = "pick"      // Login: a name of Users; absent when the form with the password was sent
	FieldScope    = "scope"     // Consent: once for each checked scope; Debug: all scopes, separated by spaces
	FieldDecision = "decision"  // Consent, Logout: DecisionAllow or DecisionDeny
	FieldUserCode = "user_code" // Device

	FieldDo       = "do"         // Debug: DoRotate or DoMint
	FieldClient   = "client_id"  // Debug, like the fields below
	FieldSubject  = "sub"        //
	FieldAudience = "aud"        //
	FieldExpires  = "expires_in" // a Go duration
	FieldDefect   = "defect"     // a name of Defects, or ""
)

// The values of FieldDecision. Every other value grants nothing.
const (
	DecisionAllow = "allow"
	DecisionDeny  = "deny"
)

// The values of FieldDo.
const (
	DoRotate = "rotate"
	DoMint   = "mint"
)
