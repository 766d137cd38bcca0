package shapes

const googleClient = "123-abc.apps.googleusercontent.com"

var (
	googleKeys = []Key{{Alg: "RS256"}, {Alg: "RS256"}}
	googleUser = []Member{
		{"sub", "1098"}, {"azp", googleClient}, {"at_hash", "h"}, {"nonce", "n"}, {"hd", "example.com"}, {"email", "u1@example.com"}, {"email_verified", true},
	}
	serviceAccount = []Member{
		{"sub", "1177"}, {"azp", "1177"}, {"email", "push@shop-4711.iam.gserviceaccount.com"}, {"email_verified", true},
	}
)

// googleUsers describes the tokens that Google issues for users.
var googleUsers = []Shape{{
	Name: "google-id", Title: "Google, ID tokens of users", Issuer: "https://accounts.google.com", Audience: googleClient,
	Header: []Member{{"typ", "JWT"}}, Claims: googleUser, Keys: googleKeys,
	Good: []Row{
		{Name: "the other spelling of the issuer", Claims: []Member{{"iss", "accounts.google.com"}}, Status: 200},
		{Name: "neither nonce nor hash", Claims: []Member{{"nonce", nil}, {"at_hash", nil}}, Status: 200},
		{Name: "a phone app that logs in for the server", Claims: []Member{{"azp", "123-phone.apps.googleusercontent.com"}}, Status: 200},
	},
	Bad: []Row{
		{Name: "a login at another client", Claims: []Member{{"aud", "456-def.apps.googleusercontent.com"}}, Status: 401},
		{Name: "a token of a service account", Claims: append([]Member{{"aud", "https://orders.example.com"}, {"nonce", nil}, {"at_hash", nil}}, serviceAccount...), Status: 401},
		{Name: "the type of an access token", Header: []Member{{"typ", "at+jwt"}}, Status: 401},
		{Name: "a security event", Claims: []Member{{"events", map[string]any{"https://schemas.openid.net/secevent/risc/event-type/account-disabled": map[string]any{}}}}, Status: 401},
		{Name: "a third spelling of the issuer", Claims: []Member{{"iss", "http://accounts.google.com"}}, Status: 401},
		{Name: "a token of Firebase", Claims: []Member{{"iss", "https://securetoken.google.com/shop-4711"}}, Status: 401},
		{Name: "tokens have no scopes", Needs: "email", Status: 403},
	},
	Setup: "Create an OAuth client ID for each application (APIs & Services, Credentials). If a phone app logs in for a server, aud is the client " +
		"ID of the server and azp is the client ID of the app.",
	Preset:     "GoogleID",
	Recognised: Recognised{Issuer: `^(https://)?accounts\.google\.com$`},
	Hints: []Hint{
		{Name: "at_hash", Text: "this is the ID token of a user: GoogleID takes it, and its audience is a client ID"},
		{Name: "hd", Absent: true, Text: "hd is absent: the account does not belong to a Workspace domain, or is a service account"},
	},
}, {
	Name: "google-access", Title: "Google, opaque access tokens", Issuer: "https://accounts.google.com", Audience: googleClient,
	Introspection: []Member{
		{"azp", googleClient}, {"aud", googleClient}, {"sub", "1098"}, {"scope", "openid https://www.googleapis.com/auth/userinfo.email"},
		{"exp", "4102444800"}, {"expires_in", "3599"}, {"email", "u1@example.com"}, {"email_verified", "true"}, {"access_type", "online"},
	},
	Good: []Row{{Name: "a scope", Needs: "https://www.googleapis.com/auth/userinfo.email", Status: 200}},
	Bad: []Row{
		{Name: "a token of another client", Claims: []Member{{"aud", "456-def.apps.googleusercontent.com"}, {"azp", "456-def.apps.googleusercontent.com"}}, Status: 401},
		{Name: "a token for another client, requested by this one", Claims: []Member{{"aud", "456-def.apps.googleusercontent.com"}}, Status: 401},
		{Name: "an ID token, which has no scope", Claims: []Member{{"scope", nil}}, Status: 401},
		{Name: "a token that has expired", Claims: []Member{{"exp", "1"}}, Status: 401},
		{Name: "a scope that was not granted", Needs: "https://www.googleapis.com/auth/drive", Status: 403},
	},
	Setup:  "Create an OAuth client ID for each application (APIs & Services, Credentials). Google describes a token to any caller, so the client needs no secret.",
	Preset: "GoogleAccess",
}, {
	Name: "firebase", Title: "Firebase Authentication", Issuer: "https://securetoken.google.com/shop-4711", Audience: "shop-4711",
	Header: []Member{{"typ", "JWT"}},
	Claims: []Member{
		{"auth_time", "{now}"}, {"user_id", "u1"}, {"email", "u1@example.com"}, {"email_verified", true},
		{"firebase", map[string]any{"identities": map[string]any{"email": []string{"u1@example.com"}}, "sign_in_provider": "password"}},
	},
	Keys: googleKeys,
	Good: []Row{
		{Name: "an anonymous user", Claims: []Member{{"email", nil}, {"email_verified", nil}, {"provider_id", "anonymous"}, {"firebase", map[string]any{"identities": map[string]any{}, "sign_in_provider": "anonymous"}}}, Status: 200},
		{
			Name:   "a user of a tenant of Identity Platform",
			Claims: []Member{{"firebase", map[string]any{"identities": map[string]any{}, "sign_in_provider": "password", "tenant": "acme-x1y2z"}}}, Status: 200,
		},
		{Name: "a custom claim with scopes", Claims: []Member{{"scope", "orders:read"}}, Needs: "orders:read", Status: 200},
	},
	Bad: []Row{
		{Name: "a token of another project", Claims: []Member{{"iss", "https://securetoken.google.com/stock-4711"}, {"aud", "stock-4711"}}, Status: 401},
		{Name: "a token for another project", Claims: []Member{{"aud", "stock-4711"}}, Status: 401},
		{Name: "a session cookie", Claims: []Member{{"iss", "https://session.firebase.google.com/shop-4711"}}, Status: 401},
		{Name: "a custom token", Claims: []Member{{"iss", "firebase-adminsdk@shop-4711.iam.gserviceaccount.com"}, {"aud", "https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1.IdentityToolkit"}}, Status: 401},
		{Name: "a login at Google", Claims: append([]Member{{"iss", "https://accounts.google.com"}, {"aud", googleClient}}, googleUser...), Status: 401},
		{Name: "tokens have no scopes", Needs: "orders:read", Status: 403},
	},
	Setup:      "Nothing needs to be configured: clients send the result of getIdToken(). The audience is the project ID.",
	Preset:     "Firebase",
	Recognised: Recognised{Issuer: `^https://securetoken\.google\.com/`},
	Hints: []Hint{
		{Name: "uid", Text: "this is a custom token: the client must exchange it, with signInWithCustomToken, and send the ID token"},
		{Name: "provider_id", Value: "anonymous", Text: "this user is anonymous: anonymous users have tokens too"},
	},
}}

// googleServices describes the tokens of Google's services and proxies.
var googleServices = []Shape{{
	Name: "pubsub-push", Title: "Google Pub/Sub, push subscriptions", Issuer: "https://accounts.google.com", Audience: "https://orders.example.com/push",
	Header: []Member{{"typ", "JWT"}}, Claims: serviceAccount, Keys: googleKeys,
	Good: []Row{{Name: "the other spelling of the issuer", Claims: []Member{{"iss", "accounts.google.com"}}, Status: 200}},
	Bad: []Row{
		{Name: "another service account", Claims: []Member{{"email", "push@eve-1.iam.gserviceaccount.com"}}, Status: 401},
		{Name: "no email address", Claims: []Member{{"email", nil}}, Status: 401},
		{Name: "a login of a user", Claims: append([]Member{{"aud", googleClient}}, googleUser...), Status: 401},
		{Name: "a token for another endpoint", Claims: []Member{{"aud", "https://stock.example.com/push"}}, Status: 401},
	},
	Setup: "Enable authentication in the subscription, with a service account for it, and set the audience if it is not the URL of the endpoint. " +
		"Pub/Sub's own service agent must be allowed to create tokens for that account.",
	Preset: "PubSubPush",
	Hints:  []Hint{{Name: "email", Absent: true, Text: "email is absent: request the token with the email claim (includeEmail), as Pub/Sub does"}},
}, {
	Name: "cloud-run", Title: "Google Cloud, service to service", Issuer: "https://accounts.google.com", Audience: "https://orders-abc.a.run.app",
	Header: []Member{{"typ", "JWT"}}, Claims: serviceAccount, Keys: googleKeys,
	Good: []Row{
		{Name: "the other spelling of the issuer", Claims: []Member{{"iss", "accounts.google.com"}}, Status: 200},
		{Name: "a virtual machine", Claims: []Member{{"google", map[string]any{"compute_engine": map[string]any{"project_id": "shop-4711", "instance_name": "vm"}}}}, Status: 200},
	},
	Bad: []Row{
		{Name: "a login of a user", Claims: append([]Member{{"aud", googleClient}}, googleUser...), Status: 401},
		{Name: "a login of a user at a client with the same name as the service", Claims: googleUser, Status: 401},
		{Name: "a token for another service", Claims: []Member{{"aud", "https://stock-abc.a.run.app"}}, Status: 401},
		{Name: "a token of Identity-Aware Proxy", Claims: []Member{{"iss", "https://cloud.google.com/iap"}}, Status: 401},
		{Name: "tokens have no scopes", Needs: "orders:read", Status: 403},
	},
	Setup: "The caller requests an ID token whose audience is the URL of this service, from the metadata server or with its library. If Cloud Run requires " +
		"authentication, it verifies the token itself, and the container receives it with .SIGNATURE_REMOVED_BY_GOOGLE in place of the signature. Such a token " +
		"is refused: allow unauthenticated calls to the service, or also send the token in another header field.",
	Preset: "CloudRun",
	Hints:  []Hint{{Name: "at_hash", Text: "this is the ID token of a user: GoogleID takes it, and its audience is a client ID"}},
}, {
	Name: "google-iap", Title: "Google Identity-Aware Proxy", Issuer: "https://cloud.google.com/iap", Audience: "/projects/123/global/backendServices/456",
	Alg: "ES256", Header: []Member{{"typ", "JWT"}},
	Claims: []Member{
		{"sub", "accounts.google.com:1098"}, {"email", "u1@example.com"}, {"hd", "example.com"}, {"google", map[string]any{"access_levels": []string{"accessPolicies/1/accessLevels/office"}}},
	},
	Keys: []Key{{Alg: "ES256"}, {Alg: "ES256"}, {Alg: "ES256"}, {Alg: "ES256"}, {Alg: "ES256"}},
	Good: []Row{
		{Name: "a service account", Claims: []Member{{"sub", "accounts.google.com:1177"}, {"email", "push@shop-4711.iam.gserviceaccount.com"}, {"hd", nil}, {"google", nil}}, Status: 200},
		{Name: "a user of Identity Platform", Claims: []Member{{"sub", "securetoken.google.com/shop-4711:u1"}, {"gcip", map[string]any{"auth_time": 1}}, {"hd", nil}}, Status: 200},
	},
	Bad: []Row{
		{Name: "a token for another backend service", Claims: []Member{{"aud", "/projects/123/global/backendServices/789"}}, Status: 401},
		{Name: "a token of another project", Claims: []Member{{"aud", "/projects/321/apps/stock"}}, Status: 401},
		{Name: "a login at Google", Claims: append([]Member{{"iss", "https://accounts.google.com"}}, googleUser...), Status: 401},
		{Name: "an issuer with an extra slash", Claims: []Member{{"iss", "{issuer}/"}}, Status: 401},
		{Name: "tokens have no scopes", Needs: "email", Status: 403},
	},
	Setup: "Turn on Identity-Aware Proxy for the backend service, the app or the service on Cloud Run, and copy the Signed Header JWT Audience from its " +
		"menu. The firewall must admit only the load balancer.",
	Preset:     "GoogleIAP",
	Recognised: Recognised{Issuer: `^https://cloud\.google\.com/iap$`},
	Hints:      []Hint{{Name: "aud", Text: "aud contains the numbers of the project and the backend service: each backend service has a different audience"}},
}}
