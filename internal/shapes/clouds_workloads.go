package shapes

// kubernetes describes the tokens of Kubernetes service accounts.
var kubernetes = []Shape{{
	Name: "kubernetes", Title: "Kubernetes, service accounts", Issuer: "https://kubernetes.default.svc.cluster.local", Audience: "orders-api",
	Claims: []Member{
		{"aud", []string{"{audience}"}}, {"jti", "j1"}, {"nbf", "{now}"}, {"sub", "system:serviceaccount:shop:web"},
		{"kubernetes.io", map[string]any{
			"namespace": "shop", "node": map[string]any{"name": "n1", "uid": "1"}, "pod": map[string]any{"name": "web-1", "uid": "2"},
			"serviceaccount": map[string]any{"name": "web", "uid": "3"}, "warnafter": later,
		}},
	},
	Keys: []Key{
		{Alg: "RS256"},
		{Members: []Member{{"kty", "AKP"}, {"alg", "ML-DSA-65"}, {"use", "sig"}, {"kid", "pq"}, {"pub", "AAAA"}}},
	},
	Metadata: []Member{{"jwks_uri", "https://10.0.0.1:6443/openid/v1/jwks"}},
	Good: []Row{
		{Name: "several audiences", Claims: []Member{{"aud", []string{"{issuer}", "{audience}"}}}, Status: 200},
		{Name: "a long-lived token without a pod", Claims: []Member{{"exp", later}, {"kubernetes.io", map[string]any{"namespace": "shop", "serviceaccount": map[string]any{"name": "web", "uid": "3"}}}}, Status: 200},
	},
	Bad: []Row{
		{Name: "a token for the API server", Claims: []Member{{"aud", []string{"{issuer}"}}}, Status: 401},
		{Name: "a token from a secret, without exp", Claims: []Member{{"iss", "kubernetes/serviceaccount"}, {"aud", nil}, {"exp", nil}, {"kubernetes.io", nil}}, Status: 401},
		{Name: "a token without exp", Claims: []Member{{"exp", nil}}, Status: 401},
		{Name: "another cluster", Claims: []Member{{"iss", "https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF"}}, Status: 401},
		{Name: "the short name of the cluster", Claims: []Member{{"iss", "https://kubernetes.default.svc"}}, Status: 401},
		{Name: "tokens have no scopes", Needs: "orders:read", Status: 403},
	},
	Setup: "Give the pods of the clients a projected volume with serviceAccountToken and the audience of the API. The service account of the API needs the role " +
		"system:service-account-issuer-discovery, and its http.Client needs the CA and the token that are mounted in the pod. Managed clusters publish their keys.",
	Preset:     "Kubernetes",
	Recognised: Recognised{Claims: []string{"kubernetes.io"}},
	Hints: []Hint{
		{Name: "aud", Value: "https://kubernetes.default.svc.cluster.local", Text: "this token is for the API server: mount one with the audience of the API (serviceAccountToken of a projected volume)"},
		{Name: "kubernetes.io/serviceaccount/namespace", Text: "this token is from a secret and does not expire: mount a projected one with the audience of the API"},
	},
}}

// spiffe describes JWT-SVIDs.
var spiffe = []Shape{{
	Name: "spiffe", Title: "SPIFFE, JWT-SVIDs", Issuer: "spiffe://example.org", Audience: "orders-api",
	Alg: "ES256", Header: []Member{{"typ", "JOSE"}},
	Claims: []Member{{"iss", nil}, {"sub", "spiffe://example.org/web"}, {"aud", []string{"{audience}"}}},
	Keys: []Key{
		{Alg: "ES256", Members: []Member{{"alg", nil}, {"use", "jwt-svid"}}},
		{Alg: "RS256", Members: []Member{{"alg", nil}, {"use", "x509-svid"}, {"kid", nil}, {"x5c", []string{"MIIC"}}}},
	},
	Set: []Member{{"spiffe_sequence", 1}, {"spiffe_refresh_hint", 300}},
	Good: []Row{
		{Name: "typ JWT", Header: []Member{{"typ", "JWT"}}, Status: 200},
		{Name: "no typ", Header: []Member{{"typ", nil}}, Status: 200},
		{Name: "no kid, with one key for the algorithm", Header: []Member{{"kid", nil}}, Status: 200},
		{Name: "a deeper path", Claims: []Member{{"sub", "spiffe://example.org/ns/shop/sa/web"}}, Status: 200},
		{Name: "the trust domain as issuer", Claims: []Member{{"iss", "spiffe://example.org"}}, Status: 200},
	},
	Bad: []Row{
		{Name: "another trust domain", Claims: []Member{{"sub", "spiffe://other.org/web"}}, Status: 401},
		{Name: "another trust domain with this one as issuer", Claims: []Member{{"iss", "spiffe://example.org"}, {"sub", "spiffe://other.org/web"}}, Status: 401},
		{Name: "a trust domain with the same beginning", Claims: []Member{{"sub", "spiffe://example.org.eve.example/web"}}, Status: 401},
		{Name: "the trust domain itself", Claims: []Member{{"sub", "spiffe://example.org/"}}, Status: 401},
		{Name: "no subject", Claims: []Member{{"sub", nil}}, Status: 401},
		{Name: "an issuer that is not configured", Claims: []Member{{"iss", "https://spire.example.org"}}, Status: 401},
		{Name: "a token for another workload", Claims: []Member{{"aud", []string{"stock-api"}}}, Status: 401},
		{Name: "no audience", Claims: []Member{{"aud", nil}}, Status: 401},
		{Name: "no exp", Claims: []Member{{"exp", nil}}, Status: 401},
	},
	Setup: "Turn on the bundle endpoint of the server with the profile https_web (federation in SPIRE), and register the workloads. A workload fetches an SVID for the audience of the API " +
		"from its Workload API.",
	Preset: "SPIFFE",
	Hints: []Hint{
		{Header: true, Name: "typ", Value: "JOSE", Text: "typ is JOSE, which SVIDs may have: the presets for SPIFFE accept it"},
		{Name: "iss", Absent: true, Text: "iss is absent: use SPIFFE, which checks the trust domain in sub, or set jwt_issuer on the server and use SPIFFEIssuer"},
	},
}, {
	Name: "spiffe-issuer", Title: "SPIFFE, JWT-SVIDs with an issuer", Issuer: "https://spire.example.org", Audience: "orders-api",
	Claims: []Member{{"sub", "spiffe://example.org/web"}, {"aud", []string{"{audience}"}}},
	Keys:   []Key{{Alg: "RS256", Members: []Member{{"use", nil}}}, {Alg: "ES256", Members: []Member{{"use", nil}}}},
	Good: []Row{
		{Name: "typ JOSE", Header: []Member{{"typ", "JOSE"}}, Status: 200},
		{Name: "typ JWT", Header: []Member{{"typ", "JWT"}}, Status: 200},
	},
	Bad: []Row{
		{Name: "no issuer", Claims: []Member{{"iss", nil}}, Status: 401},
		{Name: "another issuer", Claims: []Member{{"iss", "https://spire.example.com"}}, Status: 401},
		{Name: "a token for another workload", Claims: []Member{{"aud", "stock-api"}}, Status: 401},
		{Name: "tokens have no scopes", Needs: "orders:read", Status: 403},
	},
	Setup:  "Set jwt_issuer of the server to the URL of its OIDC discovery provider, which serves the metadata and the keys.",
	Preset: "SPIFFEIssuer",
}}
