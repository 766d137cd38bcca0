package cases

import (
	"errors"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/dpop"
	"github.com/bearerguard/bearerguard/middleware"
	"github.com/bearerguard/bearerguard/testserver"
)

// If a program built the URL of a request from the Host field, an attacker
// could make the program accept a proof for /either at /read.
func aMalformedHostChangesNoURL(t *testing.T, frameworks []Framework) {
	l := newProofLab(t, frameworks, proofsOn)
	for _, host := range []string{
		"api.example.com/either?", "api.example.com/either#", "api.example.com/either?x=", "user@api.example.com", "api.example.com:443", "api.example.com/either%3f",
		"api.example.com\\either?", "api.example.com:either", "[api.example.com]",
	} {
		r := l.provedFor(apiURL+"/either", "/read", l.bound())
		forwarded := r.with("X-Forwarded-Host", host).with("Forwarded", `host="`+host+`"`)
		r.host = host
		t.Run("D11/Host "+strings.ReplaceAll(host, "/", "|"), func(t *testing.T) {
			for _, target := range l.targets {
				for _, method := range methods {
					target.reached.reset()
					a := target.send(t, method, r)
					got, err := a.verdict()
					if _, ran := target.reached.reset(); ran != 0 || err != nil || got != stoppedByServer && got != l.badProof(otherRequest).to(method) {
						t.Errorf("%s: %s: got %+v, %v, want a refusal", target.name, method, got, err)
					}
					target.check(t, method, on("", forwarded, l.badProof(otherRequest)))
				}
			}
		})
	}
}

// A program without an adapter passes the method, the URL and the proofs to
// Verify. An example is a forward-auth endpoint that a proxy calls for each
// request.
func aForwardedRequestNeedsItsProof(t *testing.T, frameworks []Framework) {
	l := newProofLab(t, frameworks, proofsOn)
	token := l.bound()
	proofs := func() []string { return testserver.Proof(l.key, "GET", apiURL+"/read", token) }
	used := proofs()
	for _, c := range []struct {
		threat, name string
		credentials  middleware.Credentials
		want         error
	}{
		{"D01", "only the token", middleware.Credentials{Token: token}, middleware.ErrBound},
		{"D01", "the scheme Bearer", middleware.Credentials{Token: token, Scheme: "Bearer", Method: "GET", URL: "/read", Proofs: proofs()}, middleware.ErrBound},
		{"D01", "another scheme", middleware.Credentials{Token: token, Scheme: "Basic", Method: "GET", URL: "/read", Proofs: proofs()}, middleware.ErrNoToken},
		{"D02", "no proof", middleware.Credentials{Token: token, Scheme: "DPoP", Method: "GET", URL: "/read"}, middleware.ErrProof},
		{"D03", "two proofs", middleware.Credentials{Token: token, Scheme: "DPoP", Method: "GET", URL: "/read", Proofs: append(proofs(), proofs()...)}, middleware.ErrProof},
		{"D09", "no method", middleware.Credentials{Token: token, Scheme: "DPoP", URL: "/read", Proofs: proofs()}, middleware.ErrProofRequest},
		{"D09", "another method", middleware.Credentials{Token: token, Scheme: "DPoP", Method: "POST", URL: "/read", Proofs: proofs()}, middleware.ErrProofRequest},
		{"D10", "no URL", middleware.Credentials{Token: token, Scheme: "DPoP", Method: "GET", Proofs: proofs()}, middleware.ErrProofRequest},
		{"D10", "another path", middleware.Credentials{Token: token, Scheme: "DPoP", Method: "GET", URL: "/either", Proofs: proofs()}, middleware.ErrProofRequest},
		{"D10", "the URL of another host", middleware.Credentials{Token: token, Scheme: "DPoP", Method: "GET", URL: "https://" + canary + ".example/read", Proofs: proofs()}, middleware.ErrProofRequest},
		{"D10", "the URL behind the proxy", middleware.Credentials{Token: token, Scheme: "DPoP", Method: "GET", URL: "http://10.0.0.7:8080/read", Proofs: proofs()}, middleware.ErrProofRequest},
		{"D10", "another of the origins", middleware.Credentials{Token: token, Scheme: "DPoP", Method: "GET", URL: gatewayURL + "/read", Proofs: proofs()}, middleware.ErrProofRequest},
		{"D10", "the path", middleware.Credentials{Token: token, Scheme: "DPoP", Method: "GET", URL: "/read", Proofs: used}, nil},
		{"D10", "the whole URL", middleware.Credentials{Token: token, Scheme: "dpop", Method: "GET", URL: apiURL + "/read?x=1", Proofs: proofs()}, nil},
		{"D13", "a proof that was used before", middleware.Credentials{Token: token, Scheme: "DPoP", Method: "GET", URL: "/read", Proofs: used}, middleware.ErrReplay},
	} {
		t.Run(c.threat+"/Verify: "+c.name, func(t *testing.T) {
			verified, err := l.verifier.Verify(t.Context(), c.credentials)
			if !errors.Is(err, c.want) || (verified != nil) != (c.want == nil) {
				t.Errorf("got %v and the error %v, want %v", verified, err, c.want)
			}
		})
	}
}

// The log says whether htu, htm or ath differs, but never contains the proof or
// a URL. If htu differs, the usual cause is that Origins lacks the URL of a
// proxy.
func theLogSaysWhichPartOfAProofDiffers(t *testing.T, frameworks []Framework) {
	l := newProofLab(t, frameworks, proofsOn)
	for defect, want := range map[testserver.Defect]string{"dpop-htu-host": "htu differs", "dpop-htm-other": "htm differs", "dpop-ath-other-token": "ath differs"} {
		before := len(l.log.String())
		l.targets[0].send(t, "GET", l.proved("/read", l.bound(), testserver.With(defect)))
		if log := l.log.String()[before:]; !strings.Contains(log, want) || !strings.Contains(log, "scheme=DPoP") || strings.Contains(log, "example") {
			t.Errorf("D10: %s: got the log %q, want %q in it, and no URL", defect, log, want)
		}
	}
	_, err := middleware.NewVerifier(middleware.Config{Audience: audience, Issuers: []middleware.Issuer{{URL: l.Issuer}}, DPoP: new(dpop.Policy)})
	if err == nil || !strings.Contains(err.Error(), "set Origins: []string{") {
		t.Errorf("D11: got %v for a policy without Origins, want an error with the line to add", err)
	}
}
