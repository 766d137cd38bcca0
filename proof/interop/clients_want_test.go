package interop_test

// wantOfClients maps each flow of clients/flows.mjs to the expected result,
// which is the same for both libraries. newSetup adds the flows for issuers
// with a path and for signing algorithms. The result of a failed step is a
// string. The string begins with the library's error code. If the response has
// a status or an error code, the string also contains the status and then the
// error code.
var wantOfClients = map[string]string{
	"discovery, openid-configuration":       `"ISSUER"`,
	"discovery, oauth-authorization-server": `"ISSUER"`,

	"code with PKCE, state, nonce and iss": tokensFor("test-public"),
	"code, the answer by form_post":        tokensFor("test-public", `"method":"POST"`),
	"code, with max_age and acr_values":    `{"acr":"gold","auth_time":"number"}`,
	"code, client_secret_basic":            tokensFor("ODD"),
	"code, client_secret_post":             tokensFor("ODD"),
	"code, private_key_jwt RS256":          tokensFor("signs-RS256"),
	"code, private_key_jwt PS256":          tokensFor("signs-PS256"),
	"code, private_key_jwt ES256":          tokensFor("signs-ES256"),
	"code, private_key_jwt Ed25519":        tokensFor("signs-Ed25519"),
	"code, the end user refuses":           `"authorization_response_error access_denied"`,
	"userinfo":                             `{"sub":"test-user","email":"test-user@example.com"}`,

	"refresh": tokensFor("test-public", `"rotated":true`),
	"a reused refresh token revokes its family": `{"before":true,"first":false,"second":false,
		"again":"response_body_error 400 invalid_grant","successor":"response_body_error 400 invalid_grant"}`,

	"device":                       tokensFor("test-public"),
	"device, the end user refuses": `"response_body_error 400 access_denied"`,

	"client credentials, client_secret_basic":     ownTokens,
	"client credentials, client_secret_post":      ownTokens,
	"client credentials, private_key_jwt RS256":   ownTokens,
	"client credentials, private_key_jwt PS256":   ownTokens,
	"client credentials, private_key_jwt ES256":   ownTokens,
	"client credentials, private_key_jwt Ed25519": ownTokens,

	"token exchange": `{"type":"bearer","issued":"urn:ietf:params:oauth:token-type:access_token","refresh":false,"id":false,
		"sub":"test-user","client_id":"gateway","scope":"openid email orders:read","aud":"api"}`,
	"token exchange, with an actor and less scope": `{"issued":"urn:ietf:params:oauth:token-type:jwt","scope":"orders:read",
		"sub":"test-user","client_id":"gateway","aud":"api","act":{"sub":"test-client"}}`,
	"token exchange, revoked with its subject token": `false`,
	"token exchange, refused": `{"scope":"response_body_error 400 invalid_scope",
		"audience":"response_body_error 400 invalid_target","resource":"response_body_error 400 invalid_target",
		"expired":"response_body_error 400 invalid_request","unsigned":"response_body_error 400 invalid_request",
		"actor":"response_body_error 400 invalid_request","client":"response_body_error 400 unauthorized_client"}`,
	"jwt bearer": `{"type":"bearer","expires":900,"refresh":false,"sub":"test-user","client_id":"asserting","scope":"a","aud":"https://api.example.com"}`,
	"jwt bearer, refused": `{"first":"accepted","again":"response_body_error 400 invalid_grant",
		"audience":"response_body_error 400 invalid_grant","expired":"response_body_error 400 invalid_grant",
		"subject":"response_body_error 400 invalid_grant","scope":"response_body_error 400 invalid_scope"}`,
	"resources":             `{"two":["https://one.example.com","https://two.example.com"],"none":"response_body_error 400 invalid_target"}`,
	"authorization details": `{"answer":` + bothDetails + `,"introspection":` + bothDetails + `}`,
	"authorization details of one token": `{"details":[{"type":"account","identifier":"<7>"}],
		"more":"response_body_error 400 invalid_authorization_details"}`,
	"authorization details of an unknown type": `"response_body_error 400 invalid_authorization_details"`,

	"introspection": `{"active":true,"iss":"ISSUER","sub":"test-user","client_id":"test-public","aud":"api",
		"scope":"openid email orders:read","token_type":"Bearer"}`,
	"introspection of an unknown token": `{"active":false}`,
	"introspection, a signed answer":    `{"active":true,"sub":"test-user","unknown":{"active":false}}`,

	"revocation of an access token":  `{"before":true,"after":false,"refresh":"accepted"}`,
	"revocation of a refresh token":  `{"access":false,"refresh":"response_body_error 400 invalid_grant"}`,
	"revocation of an unknown token": `"accepted"`,
	"logout":                         `{"to":"http://127.0.0.1:4711/callback?state=a+b","elsewhere":{"status":400}}`,

	"refused: another verifier":                        `"response_body_error 400 invalid_grant"`,
	"refused: another redirect URI":                    `"response_body_error 400 invalid_grant"`,
	"refused: a request of another client":             `"response_body_error 400 invalid_grant"`,
	"refused: a reused code, which revokes its tokens": `{"again":"response_body_error 400 invalid_grant","access":false}`,
	"refused: a redirect URI that is not registered":   `{"status":400}`,
	"refused: a scope that is malformed":               `"response_body_error 400 invalid_scope"`,
	"refused: the key of another client":               `"response_body_error 401 invalid_client"`,
	"refused: a wrong secret": `["www_authenticate_challenge 401","response_body_error 401 invalid_client",
		"www_authenticate_challenge 401","response_body_error 401 invalid_client"]`,

	"pushed, a public client":                           tokensFor("test-public"),
	"pushed, a confidential client":                     tokensFor("ODD"),
	"pushed, private_key_jwt":                           tokensFor("signs-ES256"),
	"pushed, only client_id and request_uri in the URL": `["client_id","request_uri"]`,
	"pushed, refused: an unregistered redirect URI":     `"response_body_error 400 invalid_request"`,
	"pushed, refused: a wrong secret":                   `"www_authenticate_challenge 401"`,
	"pushed, refused: a reused request_uri":             `{"status":400}`,
	"pushed, refused: a request_uri of another client":  `{"status":400}`,

	"registration, a native client":             `{"type":"bearer","expires":900,"scope":"openid email orders:read","refresh":true,"sub":"test-user","aud":true,"secret":false}`,
	"registration, client_secret_basic":         `{"type":"bearer","expires":900,"scope":"openid email orders:read","refresh":true,"sub":"test-user","aud":true,"secret":true}`,
	"registration, client_secret_post":          `{"type":"bearer","expires":900,"scope":"openid email orders:read","refresh":true,"sub":"test-user","aud":true,"secret":true}`,
	"registration, pushed requests required":    `{"error":"invalid_request","tokens":true}`,
	"registration, read, changed and deleted":   `{"read":200,"changed":"Another name","deleted":204,"again":401,"tokens":"response_body_error 401 invalid_client"}`,
	"registration, refused: a script":           `"response_body_error 400 invalid_redirect_uri"`,
	"registration, refused: the password grant": `"response_body_error 400 invalid_client_metadata"`,

	"the client refuses: another state":   `"invalid_response"`,
	"the client refuses: another issuer":  `"invalid_response"`,
	"the client refuses: no issuer":       `"invalid_response"`,
	"the client refuses: another nonce":   `"jwt_claim_comparison_failed"`,
	"the client refuses: another subject": `"json_attribute_comparison_failed"`,
}

const bothDetails = `[{"type":"payment","amount":{"value":"12.50","currency":"EUR"}},{"type":"account","identifier":"<7>"}]`

const ownTokens = `{"type":"bearer","expires":900,"scope":"a b","refresh":false,"sub":true,"aud":"https://api.example.com"}`

func tokensFor(client string, more ...string) string {
	text := `{"type":"bearer","expires":900,"scope":"openid email orders:read","refresh":true,"sub":"test-user","aud":"` + client + `"`
	for _, m := range more {
		text += "," + m
	}
	return text + "}"
}
