package shapes

var (
	gitHubClaims = []Member{
		{"jti", "j1"}, {"sub", "repo:acme@1/orders@2:ref:refs/heads/main"}, {"ref", "refs/heads/main"}, {"sha", "0123456789abcdef0123456789abcdef01234567"},
		{"repository", "acme/orders"}, {"repository_owner", "acme"}, {"repository_owner_id", "1"}, {"run_id", "10"}, {"run_number", "3"}, {"run_attempt", "1"},
		{"repository_visibility", "private"}, {"repository_id", "2"}, {"actor_id", "4"}, {"actor", "u1"}, {"workflow", "deploy"}, {"head_ref", ""}, {"base_ref", ""},
		{"event_name", "push"}, {"ref_protected", "true"}, {"ref_type", "branch"}, {"workflow_ref", "acme/orders/.github/workflows/deploy.yml@refs/heads/main"},
		{"workflow_sha", "0123456789abcdef0123456789abcdef01234567"}, {"job_workflow_ref", "acme/orders/.github/workflows/deploy.yml@refs/heads/main"},
		{"job_workflow_sha", "0123456789abcdef0123456789abcdef01234567"}, {"runner_environment", "github-hosted"}, {"environment", "production"},
		{"enterprise", "acme"}, {"enterprise_id", "5"}, {"check_run_id", "6"}, {"nbf", "{now}"},
	}
	gitHubKey    = []Member{{"kid", "thumb"}, {"x5t", "thumb"}, {"x5c", []string{"MIIC"}}}
	gitHubHeader = []Member{{"typ", "JWT"}, {"kid", "thumb"}, {"x5t", "thumb"}}
	gitHubKeys   = []Key{{Alg: "RS256", Members: gitHubKey}, {Alg: "RS256"}, {Alg: "RS256"}, {Alg: "RS256"}}
	gitHubHints  = []Hint{
		{Name: "aud", Value: "https://github.com/acme", Text: "aud is the owner, the default of a job that does not specify an audience: specify the API in the request for the token"},
		{Name: "event_name", Value: "pull_request", Text: "this token is from a pull request: require ref or environment on routes that pull requests must not call"},
	}
)

const gitHubSetup = "Give the job the permission id-token: write. The job must request a token with the audience of the API, for example with " +
	"core.getIDToken('orders-api'). In repositories created after July 15, 2026, sub contains the IDs of the owner and the repository."

// gitHub describes the tokens of GitHub.
var gitHub = []Shape{{
	Name: "github-actions", Title: "GitHub Actions", Issuer: "https://token.actions.githubusercontent.com", Audience: "orders-api",
	Header: gitHubHeader, Claims: gitHubClaims, Keys: gitHubKeys,
	Good: []Row{
		{Name: "the older sub", Claims: []Member{{"sub", "repo:acme/orders:environment:production"}}, Status: 200},
		{Name: "another repository of the owner", Claims: []Member{{"repository", "acme/stock"}, {"sub", "repo:acme/stock:ref:refs/heads/main"}}, Status: 200},
	},
	Bad: []Row{
		{Name: "a workflow of another owner", Claims: []Member{{"repository", "eve/orders"}, {"repository_owner", "eve"}, {"repository_owner_id", "9"}}, Status: 401},
		{Name: "a workflow without an owner", Claims: []Member{{"repository_owner", nil}}, Status: 401},
		{Name: "the audience that GitHub sets by default", Claims: []Member{{"aud", "https://github.com/acme"}}, Status: 401},
		{Name: "a token for another API", Claims: []Member{{"aud", "sts.amazonaws.com"}}, Status: 401},
		{Name: "a workflow of an enterprise with a custom issuer", Claims: []Member{{"iss", "{issuer}/acme"}}, Status: 401},
		{Name: "tokens have no scopes", Needs: "id-token", Status: 403},
	},
	Setup: gitHubSetup, Preset: "GitHubActions", Recognised: Recognised{Claims: []string{"repository_owner", "job_workflow_ref", "run_id"}}, Hints: gitHubHints,
}, {
	Name: "github-actions-enterprise", Title: "GitHub Actions, enterprise", Issuer: "https://token.actions.githubusercontent.com/acme", Audience: "orders-api",
	Header: gitHubHeader, Claims: gitHubClaims, Keys: gitHubKeys,
	Good: []Row{{Name: "another organization of the enterprise", Claims: []Member{{"repository", "acme-labs/orders"}, {"repository_owner", "acme-labs"}}, Status: 200}},
	Bad: []Row{
		{Name: "the issuer of all other workflows", Claims: []Member{{"iss", "https://token.actions.githubusercontent.com"}}, Status: 401},
		{Name: "another enterprise", Claims: []Member{{"iss", "https://token.actions.githubusercontent.com/eve"}}, Status: 401},
		{Name: "a token for another API", Claims: []Member{{"aud", "https://github.com/acme"}}, Status: 401},
	},
	Setup: gitHubSetup + " Turn on include_enterprise_slug with the REST API of the enterprise, so that iss contains its slug.", Preset: "GitHubActionsEnterprise", Hints: gitHubHints,
}, {
	Name: "github-actions-server", Title: "GitHub Actions, GitHub Enterprise Server", Issuer: "https://github.example.com/_services/token", Audience: "orders-api",
	Header: gitHubHeader, Claims: append([]Member{{"enterprise", nil}, {"enterprise_id", nil}, {"check_run_id", nil}}, gitHubClaims[:len(gitHubClaims)-4]...), Keys: gitHubKeys,
	Bad: []Row{
		{Name: "a workflow on github.com", Claims: []Member{{"iss", "https://token.actions.githubusercontent.com"}}, Status: 401},
		{Name: "an issuer with an extra slash", Claims: []Member{{"iss", "{issuer}/"}}, Status: 401},
		{Name: "a token for another API", Claims: []Member{{"aud", "https://github.example.com/acme"}}, Status: 401},
	},
	Setup: gitHubSetup + " The API must be able to fetch the keys from the server.", Preset: "GitHubActionsServer", Hints: gitHubHints,
}, {
	Name: "github-actions-residency", Title: "GitHub Actions, data residency", Issuer: "https://token.actions.acme.ghe.com", Audience: "orders-api",
	Header: gitHubHeader, Claims: gitHubClaims, Keys: gitHubKeys,
	Bad: []Row{
		{Name: "a workflow on github.com", Claims: []Member{{"iss", "https://token.actions.githubusercontent.com"}}, Status: 401},
		{Name: "another enterprise", Claims: []Member{{"iss", "https://token.actions.eve.ghe.com"}}, Status: 401},
		{Name: "a token for another API", Claims: []Member{{"aud", "https://acme.ghe.com/acme"}}, Status: 401},
	},
	Setup: gitHubSetup, Preset: "GitHubActionsServer", Hints: gitHubHints,
}, {
	Name: "github", Title: "GitHub, OAuth apps and GitHub Apps", Issuer: "https://github.com/login/oauth", Audience: "Iv1.0123456789abcdef",
	Introspection: []Member{
		{"id", 1}, {"url", "https://api.github.com/authorizations/1"}, {"token", ""}, {"scopes", []string{"repo", "read:user"}}, {"expires_at", nil},
		{"app", map[string]any{"client_id": "Iv1.0123456789abcdef", "name": "Orders"}}, {"user", map[string]any{"id": 7, "login": "u1"}},
	},
	Good: []Row{
		{Name: "a scope", Needs: "repo", Status: 200},
		{Name: "a token of a GitHub App, which expires", Claims: []Member{{"scopes", []string{}}, {"expires_at", "2100-01-01T00:00:00Z"}}, Status: 200},
	},
	Bad: []Row{
		{Name: "a token of another app", Claims: []Member{{"app", map[string]any{"client_id": "Iv1.fedcba9876543210"}}}, Status: 401},
		{Name: "a token without an app", Claims: []Member{{"app", nil}}, Status: 401},
		{Name: "a token that has expired", Claims: []Member{{"expires_at", "2020-01-01T00:00:00Z"}}, Status: 401},
		{Name: "a scope that was not granted", Needs: "admin:org", Status: 403},
	},
	Setup:  "Create a client secret for the app: GitHub requires it to check a token. Personal access tokens do not belong to an app and are refused.",
	Preset: "GitHub",
}}

// gitLab describes the ID tokens of GitLab CI jobs.
var gitLab = []Shape{{
	Name: "gitlab-ci", Title: "GitLab CI", Issuer: "https://gitlab.com", Audience: "orders-api",
	Header: []Member{{"typ", "JWT"}},
	Claims: []Member{
		{"namespace_id", "72"}, {"namespace_path", "acme"}, {"project_id", "20"}, {"project_path", "acme/orders"}, {"user_id", "1"}, {"user_login", "u1"},
		{"user_email", "u1@example.com"}, {"user_access_level", "maintainer"}, {"user_identities", []any{map[string]any{"provider": "github", "extern_uid": "2435223452345"}}},
		{"pipeline_id", "574"}, {"pipeline_source", "push"}, {"job_id", "302"}, {"ref", "main"}, {"ref_type", "branch"}, {"ref_path", "refs/heads/main"}, {"ref_protected", "true"},
		{"groups_direct", []string{"acme"}}, {"environment", "production"}, {"environment_protected", "true"}, {"runner_id", 1}, {"runner_environment", "gitlab-hosted"},
		{"sha", "0123456789abcdef0123456789abcdef01234567"}, {"project_visibility", "private"}, {"ci_config_ref_uri", "gitlab.com/acme/orders//.gitlab-ci.yml@refs/heads/main"},
		{"jti", "j1"}, {"nbf", "{now}"}, {"sub", "project_path:acme/orders:ref_type:branch:ref:main"},
	},
	Keys: googleKeys,
	Good: []Row{{Name: "another project of the group", Claims: []Member{{"project_path", "acme/stock"}, {"sub", "project_path:acme/stock:ref_type:branch:ref:main"}}, Status: 200}},
	Bad: []Row{
		{Name: "a project of another group", Claims: []Member{{"namespace_path", "eve"}, {"project_path", "eve/orders"}}, Status: 401},
		{Name: "a subgroup", Claims: []Member{{"namespace_path", "acme/labs"}}, Status: 401},
		{Name: "a token for another API", Claims: []Member{{"aud", "https://vault.example.com"}}, Status: 401},
		{Name: "another instance", Claims: []Member{{"iss", "https://gitlab.example.com"}}, Status: 401},
		{Name: "an ID token of a login at GitLab", Claims: []Member{{"aud", "c1"}, {"namespace_path", nil}, {"auth_time", "{now}"}, {"sub_legacy", "s"}}, Status: 401},
		{Name: "tokens have no scopes", Needs: "api", Status: 403},
	},
	Setup: "Set the audience of the API under id_tokens in the job, and send the token from the variable of that name. The administrator of a self-managed instance can set " +
		"another issuer.",
	Preset:     "GitLabCI",
	Recognised: Recognised{Claims: []string{"project_path", "namespace_path", "pipeline_id"}},
	Hints: []Hint{
		{Name: "aud", Value: "https://gitlab.com", Text: "aud is the instance: set aud under id_tokens in the job"},
		{Name: "ref_protected", Value: "false", Text: "this token is from an unprotected branch: require ref_protected on routes that such branches must not call"},
	},
}}
