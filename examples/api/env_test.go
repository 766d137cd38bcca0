package main

import (
	"bytes"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"
)

// lookup returns a function that replaces os.Getenv. The function returns the
// values of a minimal environment of the API, with the given changes.
func lookup(changes map[string]string) func(string) string {
	env := map[string]string{
		"LISTEN":   "127.0.0.1:0",
		"ISSUER":   "https://login.example.com",
		"AUDIENCE": "https://api.example.com",
	}
	maps.Copy(env, changes)
	return func(name string) string { return env[name] }
}

const secret = "hush"

// withIntrospection returns the environment variables for introspection, with
// the given changes.
func withIntrospection(changes map[string]string) map[string]string {
	env := map[string]string{"INTROSPECTION_CLIENT_ID": "api", "INTROSPECTION_CLIENT_SECRET": secret}
	maps.Copy(env, changes)
	return env
}

func TestFromEnvAccepts(t *testing.T) {
	for name, changes := range map[string]map[string]string{
		"only issuer and audience":           {"LISTEN": ""},
		"net/http by name":                   {"FRAMEWORK": "http"},
		"Echo":                               {"FRAMEWORK": "echo"},
		"Gin":                                {"FRAMEWORK": "gin"},
		"the strict profile":                 {"PROFILE": "rfc9068"},
		"several issuers, spaced":            {"ISSUER": "https://a.example.com, https://b.example.com"},
		"plain http on loopback":             {"ISSUER": "http://127.0.0.1:9000"},
		"plain http elsewhere, if allowed":   {"ISSUER": "http://login.internal:9000", "INSECURE_HTTP": "1"},
		"introspection":                      withIntrospection(nil),
		"introspection at the first of two":  withIntrospection(map[string]string{"ISSUER": "https://a.example.com, https://b.example.com"}),
		"introspection on plain http":        withIntrospection(map[string]string{"ISSUER": "http://login.internal:9000", "INSECURE_HTTP": "1"}),
		"another introspection endpoint":     withIntrospection(map[string]string{"INTROSPECTION_ENDPOINT": "https://admin.example.com/introspect"}),
		"introspection for every request":    withIntrospection(map[string]string{"INTROSPECTION_MAX_TTL": "0s"}),
		"a longer MaxTTL":                    withIntrospection(map[string]string{"INTROSPECTION_MAX_TTL": "1h"}),
		"MaxTTL without introspection":       {"INTROSPECTION_MAX_TTL": "5s"},
		"an origin that is the audience too": {"ORIGIN": "https://api.example.com"},
		"DPoP by name":                       {"DPOP": "on"},
		"DPoP without an origin":             {"LISTEN": ":8080", "DPOP": "on", "DPOP_NONCES": "1"},
		"no DPoP":                            {"DPOP": "off"},
		"DPoP required, on loopback":         {"DPOP": "required", "LISTEN": "localhost:0"},
		"DPoP required, with an origin":      {"DPOP": "required", "LISTEN": ":8080", "ORIGIN": "https://api.example.com"},
		"DPoP with nonces":                   {"DPOP": "required", "DPOP_NONCES": "1"},
		"several origins, spaced":            {"ORIGIN": "https://api.example.com/v1, https://api.example.net/v1"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg, err := fromEnv(lookup(changes), slog.Default())
			if err != nil {
				t.Fatalf("got %v, want no error", err)
			}
			if cfg.listen == "" || cfg.build == nil || cfg.verifier.Audience == "" {
				t.Errorf("got an incomplete %+v", cfg)
			}
		})
	}
}

func TestFromEnvListensOnLoopbackByDefault(t *testing.T) {
	for given, want := range map[string]string{"": "127.0.0.1:8080", ":9090": ":9090"} {
		cfg, err := fromEnv(lookup(map[string]string{"LISTEN": given}), slog.Default())
		if err != nil || cfg.listen != want {
			t.Errorf("LISTEN=%q: got %q, %v, want %q", given, cfg.listen, err, want)
		}
	}
}

func TestFromEnvRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		changes map[string]string
		want    string
	}{
		"no issuer":                               {map[string]string{"ISSUER": ""}, "ISSUER is required"},
		"no audience":                             {map[string]string{"AUDIENCE": ""}, "AUDIENCE is required"},
		"an unknown framework":                    {map[string]string{"FRAMEWORK": "rails"}, `FRAMEWORK must be one of ` + names(frameworks) + `, got "rails"`},
		"a framework in capitals":                 {map[string]string{"FRAMEWORK": "HTTP"}, "FRAMEWORK must be one of"},
		"an unknown profile":                      {map[string]string{"PROFILE": "RFC9068"}, `PROFILE must be empty or rfc9068, got "RFC9068"`},
		"an invalid INSECURE_HTTP":                {map[string]string{"INSECURE_HTTP": "true"}, `INSECURE_HTTP must be empty or 1, got "true"`},
		"an address without a port":               {map[string]string{"LISTEN": "localhost"}, `LISTEN must be host:port, got "localhost"`},
		"plain http beyond loopback":              {map[string]string{"ISSUER": "http://login.internal:9000"}, ""},
		"an issuer that is not a URL":             {map[string]string{"ISSUER": "login"}, ""},
		"an empty item among the issuers":         {map[string]string{"ISSUER": "https://a.example.com,,https://b.example.com"}, ""},
		"a client ID without a secret":            {withIntrospection(map[string]string{"INTROSPECTION_CLIENT_SECRET": ""}), "INTROSPECTION_CLIENT_ID and INTROSPECTION_CLIENT_SECRET must be set together"},
		"a secret without a client ID":            {withIntrospection(map[string]string{"INTROSPECTION_CLIENT_ID": ""}), "INTROSPECTION_CLIENT_ID and INTROSPECTION_CLIENT_SECRET must be set together"},
		"an endpoint without a client":            {map[string]string{"INTROSPECTION_ENDPOINT": "https://a.example.com/introspect"}, "INTROSPECTION_ENDPOINT needs a client"},
		"an http endpoint":                        {withIntrospection(map[string]string{"INTROSPECTION_ENDPOINT": "http://a.example.com/introspect"}), "http"},
		"a MaxTTL without a unit":                 {withIntrospection(map[string]string{"INTROSPECTION_MAX_TTL": "5"}), `INTROSPECTION_MAX_TTL must be a duration such as 5s, or 0s to introspect on every request, got "5"`},
		"a negative MaxTTL":                       {withIntrospection(map[string]string{"INTROSPECTION_MAX_TTL": "-1s"}), "INTROSPECTION_MAX_TTL must be a duration"},
		"a MaxTTL of more than an hour":           {withIntrospection(map[string]string{"INTROSPECTION_MAX_TTL": "61m"}), "MaxTTL must be at most 1h0m0s"},
		"an unknown DPOP":                         {map[string]string{"DPOP": "1"}, `DPOP must be on, off or required, got "1"`},
		"DPoP required without an origin":         {map[string]string{"DPOP": "required", "LISTEN": ":8080"}, "DPOP=required needs ORIGIN"},
		"an invalid DPOP_NONCES":                  {map[string]string{"DPOP_NONCES": "on"}, `DPOP_NONCES must be empty or 1, got "on"`},
		"nonces without DPoP":                     {map[string]string{"DPOP": "off", "DPOP_NONCES": "1"}, "DPOP_NONCES=1 needs DPOP=on or DPOP=required"},
		"an origin on plain http":                 {map[string]string{"ORIGIN": "http://api.example.com"}, "ORIGIN[0]: must be an https URL"},
		"an origin with a query":                  {map[string]string{"ORIGIN": "https://api.example.com, https://api.example.net/?a=b"}, "ORIGIN[1]: must be a URL like"},
		"one origin in two spellings":             {map[string]string{"ORIGIN": "https://api.example.com,HTTPS://API.example.com:443/"}, "ORIGIN[1] is the same URL as ORIGIN[0]"},
		"an empty place among the origins":        {map[string]string{"ORIGIN": "https://api.example.com,"}, "ORIGIN[1]"},
		"an invalid MaxTTL without introspection": {map[string]string{"INTROSPECTION_MAX_TTL": "soon"}, "INTROSPECTION_MAX_TTL must be a duration"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := fromEnv(lookup(test.changes), slog.Default())
			if err == nil {
				t.Fatal("got no error")
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("got %q, which contains the secret", err)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %q, want %q in it", err, test.want)
			}
		})
	}
}

func TestEveryFaultOfTheEnvironmentIsReported(t *testing.T) {
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), lookup(map[string]string{
		"LISTEN": "8080", "FRAMEWORK": "rails", "PROFILE": "strict", "INSECURE_HTTP": "yes", "AUDIENCE": "",
		"ISSUER": "", "INTROSPECTION_CLIENT_SECRET": secret, "INTROSPECTION_MAX_TTL": "soon", "ORIGIN": "here",
		"DPOP": "yes", "DPOP_NONCES": "yes", "MTLS_LISTEN": "8443", "FORWARDED_CERT": "apache",
	}), &stdout, &stderr)
	if status != 2 {
		t.Errorf("got status %d, want 2", status)
	}
	if stdout.Len() != 0 {
		t.Errorf("got %q on standard output, want nothing", &stdout)
	}
	for _, name := range []string{
		"LISTEN", "FRAMEWORK", "PROFILE", "INSECURE_HTTP", "AUDIENCE", "INTROSPECTION_CLIENT_ID", "INTROSPECTION_MAX_TTL",
		"ISSUER", "ORIGIN[0]:", "DPOP", "DPOP_NONCES", "MTLS_KEY_FILE", "FORWARDED_CERT",
	} {
		if !strings.Contains(stderr.String(), name+" ") {
			t.Errorf("%s is not among the faults:\n%s", name, &stderr)
		}
	}
}

func TestMaxTTL(t *testing.T) {
	for text, want := range map[string]time.Duration{"": 5 * time.Second, "0s": -1, "0": -1, "250ms": 250 * time.Millisecond, "1m": time.Minute} {
		if got, err := maxTTL(text); got != want || err != nil {
			t.Errorf("INTROSPECTION_MAX_TTL=%q: got %v, %v, want %v", text, got, err, want)
		}
	}
}
