package main

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bearerguard/bearerguard/testserver"
)

func TestTheEnvironmentForBoundTokens(t *testing.T) {
	as := testserver.New(t)
	certFile, keyFile := files(t, testserver.ClientCertificate(nil))
	_, otherKey := files(t, testserver.ClientCertificate(nil))
	missing := filepath.Join(t.TempDir(), "missing.pem")
	const (
		together = "CLIENT_CERT_FILE and CLIENT_KEY_FILE must be set together"
		unusable = "CLIENT_CERT_FILE and CLIENT_KEY_FILE: "
		secret   = "OAUTH_CLIENT_ID is required, and so is OAUTH_CLIENT_SECRET or CLIENT_CERT_FILE"
	)
	for name, test := range map[string]struct {
		certFile, keyFile string
		changes           map[string]string
		want              string // how the error begins; "" for success
	}{
		"a certificate and a secret":           {certFile, keyFile, nil, ""},
		"a certificate instead of a secret":    {certFile, keyFile, map[string]string{"OAUTH_CLIENT_SECRET": ""}, ""},
		"a certificate and DPoP":               {certFile, keyFile, map[string]string{"DPOP": "1"}, ""},
		"DPoP":                                 {"", "", map[string]string{"DPOP": "1"}, ""},
		"neither a certificate nor a secret":   {"", "", map[string]string{"OAUTH_CLIENT_SECRET": ""}, secret},
		"DPoP instead of a secret":             {"", "", map[string]string{"OAUTH_CLIENT_SECRET": "", "DPOP": "1"}, secret},
		"a certificate instead of a client ID": {certFile, keyFile, map[string]string{"OAUTH_CLIENT_ID": ""}, secret},
		"a certificate without a key":          {certFile, "", nil, together},
		"a key without a certificate":          {"", keyFile, nil, together},
		"a certificate that is missing":        {missing, keyFile, nil, unusable},
		"a key that is missing":                {certFile, missing, nil, unusable},
		"the key of another certificate":       {certFile, otherKey, nil, unusable},
		"a key as the certificate":             {keyFile, keyFile, nil, unusable},
		"a certificate as the key":             {certFile, certFile, nil, unusable},
		"another value of DPOP":                {"", "", map[string]string{"DPOP": "on"}, `DPOP must be empty or 1, got "on"`},
	} {
		t.Run(name, func(t *testing.T) {
			changes := map[string]string{"CLIENT_CERT_FILE": test.certFile, "CLIENT_KEY_FILE": test.keyFile}
			maps.Copy(changes, test.changes)
			cfg, err := fromEnv(lookup(as, changes))
			switch {
			case test.want != "":
				if err == nil || !strings.HasPrefix(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
					t.Errorf("got %v, want only %q", err, test.want)
				}
			case err != nil || (cfg.certificate != nil) != (test.certFile != "") || cfg.dpop != (test.changes["DPOP"] == "1"):
				t.Errorf("got certificate %t, DPoP %t, %v, want what the environment sets", cfg.certificate != nil, cfg.dpop, err)
			}
		})
	}
}
