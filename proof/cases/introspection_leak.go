package cases

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bearerguard/bearerguard/introspect"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

// These are secrets. No answer, log or error may contain eight consecutive
// bytes of them.
const (
	secretToken  = "tok3nKq7Zs5WxPl2"
	secretSecret = "s3cretVb0Mko9Nji"
	secretClaim  = "cl4imYd6Tg5RfVb1"
)

var secrets = map[string]string{
	"the token": secretToken, "the client secret": secretSecret, "a claim": secretClaim,
	"the client credentials": base64.StdEncoding.EncodeToString([]byte("api:" + secretSecret)),
}

func containsSecret(text, secret string) bool {
	for i := 0; i+8 <= len(secret); i++ {
		piece := secret[i : i+8]
		if strings.Contains(text, piece) || strings.Contains(text, hex.EncodeToString([]byte(piece))) {
			return true
		}
	}
	return false
}

// echo returns a fault whose response repeats the request's body and header,
// and secretClaim, in several header fields and in the body.
func echo(status int, media string) testserver.Fault {
	return testserver.Handler(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			output := strings.NewReplacer(`"`, "", `\`, "").Replace(fmt.Sprint(string(body), r.Header, secretClaim))
			w.Header().Set("Content-Type", media)
			w.Header().Set("Location", "/"+output)
			w.Header().Set("ETag", output)
			w.Header().Set("WWW-Authenticate", output)
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"active":"%s","error":"%[1]s","error_description":"%[1]s"}`, output)
		})
	})
}

// leakCases returns test cases. A test case is a fault of the introspection
// endpoint, or it is an introspection response. Most test cases lead to a
// refusal.
func leakCases(redirectTarget string) map[string]struct {
	fault  testserver.Fault
	answer map[string]any
} {
	type leakCase = struct {
		fault  testserver.Fault
		answer map[string]any
	}
	paths := make(map[string]leakCase)
	for _, f := range failures(redirectTarget) {
		paths[f.name] = leakCase{fault: f.fault}
	}
	for _, status := range []int{200, 302, 400, 401, 403, 404, 500, 503} {
		paths[fmt.Sprint("an echo with ", status)] = leakCase{fault: echo(status, "application/json")}
	}
	paths["an echo as a page"] = leakCase{fault: echo(200, "text/html")}
	paths["an echo with an invented media type"] = leakCase{fault: echo(200, secretClaim+"/"+secretToken)}
	answer := func(pairs ...any) leakCase {
		return leakCase{answer: introspectionResponse(append([]any{"jti", secretClaim, "username", secretClaim, "echo", secretToken + secretSecret}, pairs...)...)}
	}
	paths["not active, with all members"] = answer("active", false)
	paths["expired"] = answer("exp", 1)
	paths["not valid yet"] = answer("nbf", time.Now().Add(time.Hour).Unix())
	paths["of another issuer"] = answer("iss", "https://"+secretClaim+".example")
	paths["for another audience"] = answer("aud", []string{secretClaim})
	paths["of another type"] = answer("token_type", secretClaim)
	paths["bound to a key"] = answer("cnf", map[string]any{"jkt": secretClaim})
	paths["without the scope"] = answer("scope", secretClaim)
	paths["with a scope of another type"] = answer("scope", map[string]any{secretClaim: "\r\n"})
	paths["with a subject of another type"] = answer("sub", []string{secretClaim})
	paths["with an exp of another type"] = answer("exp", secretClaim)
	paths["accepted"] = answer()
	for _, id := range []string{"revoked", "outage", "panic"} {
		paths["a deny-list: "+id] = answer("jti", id)
	}
	return paths
}

func introspectionLeaksNoSecret(t *testing.T, frameworks []Framework) {
	address, _ := redirectTarget(t)
	as := testserver.New(t, testserver.Clients(testserver.Client{ID: "api", Secret: secretSecret}))
	for how, auth := range map[string]introspect.Auth{"basic": introspect.Basic("api", secretSecret), "post": introspect.Post("api", secretSecret)} {
		output := new(logBuffer)
		options := &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}
		a := newIntrospectionLab(t, frameworks, as, func(s *setup) {
			both := slog.New(slog.NewMultiHandler(slog.NewTextHandler(output, options), slog.NewJSONHandler(output, options)))
			s.Auth, s.Config.Logger, s.verifier.Logger = auth, both, both
			s.verifier.Observe = func(_ context.Context, o middleware.Observation) { fmt.Fprintf(output, "%+v\n", o) }
			s.verifier.Revoked = func(_ context.Context, token *middleware.Token) (bool, error) {
				switch token.ID {
				case "revoked":
					return true, nil
				case "outage":
					return false, errors.New(secretClaim)
				case "panic":
					panic(secretClaim)
				}
				return false, nil
			}
		})
		for name, path := range leakCases(address) {
			t.Run("E04/"+name+", credentials by "+how, func(t *testing.T) {
				begin, logged := len(output.String()), len(a.log.String())
				record := func(r request, target *target) {
					_, _ = output.Write(target.send(t, "GET", r).raw)
				}
				for _, target := range a.targets {
					as.SetIntrospection(secretToken, path.answer)
					in := &testserver.Injection{}
					if path.answer == nil {
						in = as.Inject(testserver.EndpointIntrospect, path.fault)
					}
					record(at("/read", "Bearer "+secretToken), target)
					in.Remove()
					as.SetIntrospection(secretToken, introspectionResponse())
					record(at("/read", "Bearer "+secretToken), target)
				}
				if path.answer == nil {
					defer as.Inject(testserver.EndpointIntrospect, path.fault).Remove()
				}
				as.SetIntrospection(secretToken, path.answer)
				credentials := middleware.Credentials{Token: secretToken}
				token, err := a.verifier.Verify(t.Context(), credentials)
				for ; err != nil; err = errors.Unwrap(err) {
					fmt.Fprintf(output, "%v %+v %s %q\n", err, err, err, err)
				}
				explained, _ := a.verifier.Explain(t.Context(), credentials)
				fmt.Fprintf(output, "%+v %#v %+v %+v\n", token, token, explained, credentials)

				text := output.String()[begin:] + a.log.String()[logged:]
				if !strings.Contains(text, "reason=") && !strings.Contains(text, `Reason:accepted`) {
					t.Fatalf("got only %q, want log entries and observations too", text)
				}
				for what, secret := range secrets {
					if containsSecret(text, secret) {
						t.Errorf("the output contains a part of %s:\n%s", what, text)
					}
				}
			})
		}
	}
	t.Run("E04/the search finds the secrets", func(t *testing.T) {
		for what, secret := range secrets {
			if !containsSecret("log: "+secret[3:11], secret) || !containsSecret(fmt.Sprintf("%x", secret), secret) {
				t.Errorf("the search does not find %s", what)
			}
		}
	})
}
