package main

import (
	"encoding/base64"
	"net/http"
)

// request is a recorded request. "$NAME" in the path, header or body is
// replaced by the most recent value NAME in an earlier answer. For example,
// "$access_token" is replaced by the newest access token.
type request struct {
	method, path, body string
	header             map[string]string
	control            bool
}

func form(path, body string, fields ...string) request {
	r := request{method: http.MethodPost, path: path, body: body, header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}}
	for i := 0; i < len(fields); i += 2 {
		r.header[fields[i]] = fields[i+1]
	}
	return r
}

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

// challenge contains the S256 code_challenge of RFC 7636 appendix B, and
// verifier contains the matching code_verifier.
const (
	challenge = "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
	verifier  = "&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	redirect  = "&redirect_uri=https%3A%2F%2Fapp.example%2Fcb"
)

// requests returns all requests in order.
func requests() (all []request) {
	for _, path := range []string{
		"/t/.well-known/openid-configuration", "/.well-known/openid-configuration/t", "/.well-known/oauth-authorization-server/t",
		"/t/.well-known/oauth-authorization-server", "/t/jwks", "/t/authorize", "/t/par", "/t/token", "/t/introspect", "/t/revoke", "/t/userinfo",
		"/t/device_authorization", "/t/register", "/t/end_session", "/t/login", "/t/consent", "/t/device", "/t/debug", "/t", "/", "/t/jwks/",
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodOptions} {
			all = append(all, request{method: method, path: path})
		}
	}
	web, spa, pusher := basic("web", "web-secret"), "client_id=spa", basic("pusher", "pusher-secret")
	code := func(client, more string) request {
		return request{method: http.MethodGet, path: "/t/authorize?response_type=code&client_id=" + client + redirect + "&state=s" + challenge + more}
	}
	token := func(body, client string) request { return form("/t/token", body, "Authorization", client) }
	bearer := func(method, path string) request {
		return request{method: method, path: path, header: map[string]string{"Authorization": "Bearer $access_token"}}
	}
	all = append(all,
		// client credentials, right and wrong
		token("grant_type=client_credentials", web),
		token("grant_type=client_credentials&scope=read", web),
		token("grant_type=client_credentials&scope=unknown", web),
		token("grant_type=client_credentials&resource=https%3A%2F%2Fapi.example", web),
		token("grant_type=client_credentials", basic("web", "wrong")),
		token("grant_type=client_credentials", basic("nobody", "wrong")),
		token("grant_type=password&username=alice&password=alices-password", web),
		token("", web),
		token("grant_type=client_credentials&grant_type=client_credentials", web),
		form("/t/token", "grant_type=client_credentials&client_id=job&client_secret=job-secret"),
		form("/t/token", "grant_type=client_credentials&client_id=job"),
		form("/t/token", "grant_type=client_credentials&"+spa),
		// the code flow
		code("web", "&scope=openid%20read%20offline_access&nonce=n"),
		token("grant_type=authorization_code&code=$code"+redirect+verifier, web),
		bearer(http.MethodGet, "/t/userinfo"), bearer(http.MethodPost, "/t/userinfo"),
		form("/t/introspect", "token=$access_token", "Authorization", web),
		form("/t/introspect", "token=$access_token", "Authorization", web, "Accept", "application/token-introspection+jwt"),
		form("/t/introspect", "token=unknown", "Authorization", web),
		form("/t/introspect", "token=$access_token"),
		token("grant_type=authorization_code&code=$code"+redirect+verifier, web), // a reused code
		form("/t/introspect", "token=$access_token", "Authorization", web),
		code("web", "&scope=openid%20offline_access"),
		token("grant_type=authorization_code&code=$code"+redirect+"&code_verifier=wrong", web),
		code("spa", "&scope=openid%20offline_access%20read"),
		form("/t/token", spa+"&grant_type=authorization_code&code=$code"+redirect+verifier),
		form("/t/token", spa+"&grant_type=refresh_token&refresh_token=$refresh_token"),
		form("/t/token", spa+"&grant_type=refresh_token&refresh_token=$refresh_token&scope=read"),
		form("/t/token", spa+"&grant_type=refresh_token&refresh_token=unknown"),
		form("/t/revoke", spa+"&token=$refresh_token"), form("/t/revoke", spa+"&token=unknown"), form("/t/revoke", spa),
		form("/t/token", spa+"&grant_type=refresh_token&refresh_token=$refresh_token"),
		// invalid requests
		code("nobody", ""), code("web", "&redirect_uri=x"), code("web", "&scope=unknown"), code("web", "&prompt=none&scope=openid"),
		code("web", "&response_mode=form_post&scope=openid"), code("web", "&response_mode=fragment"), code("pusher", ""),
		request{method: http.MethodGet, path: "/t/authorize?response_type=token&client_id=web" + redirect},
		request{method: http.MethodGet, path: "/t/authorize?response_type=code&client_id=web" + redirect},
		// pushed requests
		form("/t/par", "response_type=code&client_id=pusher&scope=openid"+redirect+challenge, "Authorization", pusher),
		request{method: http.MethodGet, path: "/t/authorize?client_id=pusher&request_uri=$request_uri"},
		token("grant_type=authorization_code&code=$code"+redirect+verifier, pusher),
		form("/t/par", "response_type=code&client_id=pusher", "Authorization", pusher), form("/t/par", "", "Authorization", pusher), form("/t/par", "client_id=pusher"),
		// devices
		form("/t/device_authorization", spa+"&scope=read"),
		form("/t/token", spa+"&grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=$device_code"),
		request{method: http.MethodGet, path: "/t/device?user_code=$user_code"},
		form("/t/token", spa+"&grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=$device_code"),
		form("/t/device_authorization", "client_id=nobody"),
		// token exchange and assertions
		token("grant_type=client_credentials&scope=read", web),
		token("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=$access_token&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token", web),
		token("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=x", web),
		// registration
		request{method: http.MethodPost, path: "/t/register", body: `{"redirect_uris":["https://new.example/cb"]}`, header: map[string]string{"Content-Type": "application/json"}},
		request{method: http.MethodGet, path: "/t/register?client_id=$client_id", header: map[string]string{"Authorization": "Bearer $registration_access_token"}},
		request{method: http.MethodDelete, path: "/t/register?client_id=$client_id", header: map[string]string{"Authorization": "Bearer $registration_access_token"}},
		request{method: http.MethodPost, path: "/t/register", body: `{"redirect_uris":["javascript:x"]}`, header: map[string]string{"Content-Type": "application/json"}},
		// logout
		request{method: http.MethodGet, path: "/t/end_session?post_logout_redirect_uri=https%3A%2F%2Fapp.example%2Fcb&client_id=web"},
		request{method: http.MethodGet, path: "/t/end_session?post_logout_redirect_uri=https%3A%2F%2Felse.example%2F&client_id=web"},
	)
	for _, path := range []string{"/v1/clients", "/v1/users", "/v1/keys", "/v1/faults", "/v1/clients/web", "/v1/clients/nobody"} {
		all = append(all, request{method: http.MethodGet, path: path, control: true})
	}
	return all
}
