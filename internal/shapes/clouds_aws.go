package shapes

import "slices"

var (
	cognitoClaims = []Member{
		{"aud", nil}, {"cognito:groups", []string{"eu-admins"}}, {"version", 2}, {"client_id", "7abcdefghijklmnopqrstuvwxy"}, {"origin_jti", "o1"}, {"event_id", "e1"},
		{"token_use", "access"}, {"scope", "openid orders/read"}, {"auth_time", "{now}"}, {"jti", "j1"}, {"username", "u1"},
	}
	cognitoHeader = []Member{{"kid", "Ab+/0123456789Cd="}}
	cognitoKeys   = []Key{{Alg: "RS256", Members: cognitoHeader}, {Alg: "RS256", Members: []Member{{"kid", "Ef+/0123456789Gh="}}}}
	cognitoID     = []Member{
		{"token_use", "id"}, {"client_id", nil}, {"scope", nil}, {"version", nil}, {"email", "u1@example.com"}, {"cognito:username", "u1"},
	}
	cognitoHints = []Hint{
		{Name: "token_use", Value: "id", Text: "this is an ID token: send the access token instead"},
		{Name: "aud", Absent: true, Text: "aud is absent, as in all access tokens without a resource: configure the app clients, which are compared with client_id"},
		{Name: "scope", Value: "aws.cognito.signin.user.admin", Text: "the user logged in through the API of Cognito instead of its login page, so the token does not have your scopes"},
	}
)

const cognitoSetup = "Add a resource server with custom scopes to the user pool, and allow them in the app client. Users must log in at the managed login page or with another OAuth grant: " +
	"tokens of InitiateAuth have only the scope aws.cognito.signin.user.admin."

// aws describes the tokens of Amazon Web Services.
var aws = []Shape{{
	Name: "cognito", Title: "Amazon Cognito", Issuer: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123dEf", Audience: "7abcdefghijklmnopqrstuvwxy",
	Header: cognitoHeader, Claims: cognitoClaims, Keys: cognitoKeys,
	Good: []Row{
		{Name: "a scope", Needs: "orders/read", Status: 200},
		{Name: "a machine", Claims: []Member{{"sub", "7abcdefghijklmnopqrstuvwxy"}, {"cognito:groups", nil}, {"username", nil}, {"origin_jti", nil}}, Needs: "orders/read", Status: 200},
		{Name: "an aud by resource binding", Claims: []Member{{"aud", "https://orders.example.com"}}, Status: 200},
		{Name: "a nonce, as an ID token has", Claims: []Member{{"nonce", "n"}}, Status: 200},
	},
	Bad: []Row{
		{Name: "an ID token", Claims: append([]Member{{"aud", "{audience}"}, {"at_hash", "h"}}, cognitoID...), Status: 401},
		{Name: "an ID token with the claims of an access token", Claims: []Member{{"token_use", "id"}}, Status: 401},
		{Name: "a token without the claim for its kind", Claims: []Member{{"token_use", nil}}, Status: 401},
		{Name: "a token of another app client", Claims: []Member{{"client_id", "7bbcdefghijklmnopqrstuvwxy"}}, Status: 401},
		{Name: "the app client in aud only", Claims: []Member{{"client_id", nil}, {"aud", "{audience}"}}, Status: 401},
		{Name: "a token of another user pool", Claims: []Member{{"iss", "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_ZyX987wVu"}}, Status: 401},
		{Name: "a group is not a scope", Needs: "eu-admins", Status: 403},
	},
	Setup: cognitoSetup, Preset: "Cognito", Recognised: Recognised{Issuer: `^https://cognito-idp\.[^./]+\.amazonaws\.com/[^/]+$`}, Hints: cognitoHints,
}, {
	Name: "cognito-resource", Title: "Amazon Cognito, with resource binding", Issuer: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123dEf", Audience: "https://orders.example.com",
	Header: cognitoHeader, Claims: append(slices.Clone(cognitoClaims), Member{"aud", "{audience}"}), Keys: cognitoKeys,
	Good: []Row{{Name: "a scope", Needs: "orders/read", Status: 200}},
	Bad: []Row{
		{Name: "an ID token", Claims: append([]Member{{"aud", "7abcdefghijklmnopqrstuvwxy"}}, cognitoID...), Status: 401},
		{Name: "a token without the claim for its kind", Claims: []Member{{"token_use", nil}}, Status: 401},
		{Name: "an ID token for the resource", Claims: []Member{{"token_use", "id"}}, Status: 401},
		{Name: "a token for another resource", Claims: []Member{{"aud", "https://stock.example.com"}}, Status: 401},
		{Name: "a token without a resource", Claims: []Member{{"aud", nil}}, Status: 401},
	},
	Setup: cognitoSetup + " Clients send the parameter resource with the identifier of the resource server, which must be a URL.", Preset: "Cognito", Hints: cognitoHints,
}, {
	Name: "alb", Title: "AWS Application Load Balancer", Issuer: "https://idp.example.com", Audience: "c1",
	Alg: "ES256",
	Header: []Member{
		{"typ", "JWT"}, {"kid", "12345678-1234-4234-8234-123456789012"}, {"iss", "{issuer}"}, {"client", "{audience}"},
		{"signer", "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/orders/50dc6c495c0c9188"}, {"exp", later},
	},
	Claims: []Member{{"sub", "u1"}, {"email", "u1@example.com"}, {"exp", later}},
	Good: []Row{
		{Name: "claims of the identity provider are not checked", Claims: []Member{{"iss", "https://other.example.com"}, {"aud", "other"}, {"exp", 1}}, Status: 200},
	},
	Bad: []Row{
		{Name: "another load balancer", Header: []Member{{"signer", "arn:aws:elasticloadbalancing:eu-west-1:210987654321:loadbalancer/app/eve/50dc6c495c0c9188"}}, Status: 401},
		{Name: "a login at another client", Header: []Member{{"client", "c2"}}, Status: 401},
		{Name: "another identity provider", Header: []Member{{"iss", "https://other.example.com"}}, Status: 401},
		{Name: "an exp in the past", Header: []Member{{"exp", 1}}, Status: 401},
		{Name: "a kid with another path", Header: []Member{{"kid", "../12345678-1234-4234-8234-123456789012"}}, Status: 401},
		{Name: "tokens have no scopes", Claims: []Member{{"scope", "orders:read"}}, Needs: "orders:read", Status: 403},
	},
	Setup: "Add the action authenticate-oidc or authenticate-cognito to the rule of an HTTPS listener, before it forwards. The security group of the targets " +
		"must admit only the load balancer. The field x-amzn-oidc-accesstoken contains another token, which the identity provider issued.",
	Preset:     "ALB",
	Recognised: Recognised{Header: []string{"signer", "client"}},
	Hints:      []Hint{{Header: true, Name: "signer", Text: "this is a token of a load balancer about a user: other verifiers cannot read it, so use the preset ALB"}},
}}
