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

// What nobody may be told, by any eight bytes of it.
const (
	secretToken  = "tok3nKq7Zs5WxPl2"
	secretSecret = "s3cretVb0Mko9Nji"
	secretClaim  = "cl4imYd6Tg5RfVb1"
)

var secrets = map[string]string{
	"the token": secretToken, "our secret": secretSecret, "a claim": secretClaim,
	"our credentials": base64.StdEncoding.EncodeToString([]byte("api:" + secretSecret)),
}

func leaked(text, secret string) bool {
	for i := 0; i+8 <= len(secret); i++ {
		piece := secret[i : i+8]
		if strings.Contains(text, piece) || strings.Contains(text, hex.EncodeToString([]byte(piece))) {
			return true
		}
	}
	return false
}

// echoes are a server that says all that it was told, wherever it can.
func echoes(status int, media string) testserver.Fault {
	return testserver.Handler(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			heard := strings.NewReplacer(`"`, "", `\`, "").Replace(fmt.Sprint(string(body), r.Header, secretClaim))
			w.Header().Set("Content-Type", media)
			w.Header().Set("Location", "/"+heard)
			w.Header().Set("ETag", heard)
			w.Header().Set("WWW-Authenticate", heard)
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"active":"%s","error":"%[1]s","error_description":"%[1]s"}`, heard)
		})
	})
}

// secretive are the failures of introspection, with an answer that is refused
// where there is one.
func secretive(trap string) map[string]struct {
	fault  testserver.Fault
	answer map[string]any
} {
	type path = struct {
		fault  testserver.Fault
		answer map[string]any
	}
	paths := make(map[string]path)
	for _, f := range failures(trap) {
		paths[f.name] = path{fault: f.fault}
	}
	for _, status := range []int{200, 302, 400, 401, 403, 404, 500, 503} {
		paths[fmt.Sprint("an echo with ", status)] = path{fault: echoes(status, "application/json")}
	}
	paths["an echo as a page"] = path{fault: echoes(200, "text/html")}
	paths["an echo of nobody's type"] = path{fault: echoes(200, secretClaim+"/"+secretToken)}
	told := func(pairs ...any) path {
		return path{answer: said(append([]any{"jti", secretClaim, "username", secretClaim, "echo", secretToken + secretSecret}, pairs...)...)}
	}
	paths["not active, but talkative"] = told("active", false)
	paths["expired"] = told("exp", 1)
	paths["not valid yet"] = told("nbf", time.Now().Add(time.Hour).Unix())
	paths["of another issuer"] = told("iss", "https://"+secretClaim+".example")
	paths["for another audience"] = told("aud", []string{secretClaim})
	paths["of another type"] = told("token_type", secretClaim)
	paths["bound to a key"] = told("cnf", map[string]any{"jkt": secretClaim})
	paths["without the scope"] = told("scope", secretClaim)
	paths["with a scope of another type"] = told("scope", map[string]any{secretClaim: "\r\n"})
	paths["with a subject of another type"] = told("sub", []string{secretClaim})
	paths["with an exp of another type"] = told("exp", secretClaim)
	paths["accepted"] = told()
	for _, fate := range []string{"revoked", "outage", "panic"} {
		paths["a deny-list: "+fate] = told("jti", fate)
	}
	return paths
}

func noPieceOfAnIntrospectionIsEverTold(t *testing.T, frameworks []Framework) {
	address, _ := trap(t)
	as := testserver.New(t, testserver.Clients(testserver.Client{ID: "api", Secret: secretSecret}))
	for how, auth := range map[string]introspect.Auth{"basic": introspect.Basic("api", secretSecret), "post": introspect.Post("api", secretSecret)} {
		heard := new(journal)
		options := &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}
		a := newAsking(t, frameworks, as, func(s *setup) {
			both := slog.New(slog.NewMultiHandler(slog.NewTextHandler(heard, options), slog.NewJSONHandler(heard, options)))
			s.Auth, s.Config.Logger, s.verifier.Logger = auth, both, both
			s.verifier.Observe = func(_ context.Context, o middleware.Observation) { fmt.Fprintf(heard, "%+v\n", o) }
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
		for name, path := range secretive(address) {
			t.Run("E04/"+name+", asked by "+how, func(t *testing.T) {
				begin, inAdapters := len(heard.String()), len(a.log.String())
				listen := func(r request, line *line) {
					_, _ = heard.Write(line.send(t, "GET", r).raw)
				}
				for _, line := range a.lines {
					as.SetIntrospection(secretToken, path.answer)
					in := &testserver.Injection{}
					if path.answer == nil {
						in = as.Inject(testserver.EndpointIntrospect, path.fault)
					}
					listen(at("/read", "Bearer "+secretToken), line)
					in.Remove()
					as.SetIntrospection(secretToken, said())
					listen(at("/read", "Bearer "+secretToken), line)
				}
				if path.answer == nil {
					defer as.Inject(testserver.EndpointIntrospect, path.fault).Remove()
				}
				as.SetIntrospection(secretToken, path.answer)
				credentials := middleware.Credentials{Token: secretToken}
				token, err := a.verifier.Verify(t.Context(), credentials)
				for ; err != nil; err = errors.Unwrap(err) {
					fmt.Fprintf(heard, "%v %+v %s %q\n", err, err, err, err)
				}
				explained, _ := a.verifier.Explain(t.Context(), credentials)
				fmt.Fprintf(heard, "%+v %#v %+v %+v\n", token, token, explained, credentials)

				text := heard.String()[begin:] + a.log.String()[inAdapters:]
				if !strings.Contains(text, "reason=") && !strings.Contains(text, `Reason:accepted`) {
					t.Fatalf("got only %q, want logs and observations", text)
				}
				for what, secret := range secrets {
					if leaked(text, secret) {
						t.Errorf("a piece of %s was told:\n%s", what, text)
					}
				}
			})
		}
	}
	t.Run("E04/the search finds what it looks for", func(t *testing.T) {
		for what, secret := range secrets {
			if !leaked("log: "+secret[3:11], secret) || !leaked(fmt.Sprintf("%x", secret), secret) {
				t.Errorf("%s was not found", what)
			}
		}
	})
}
