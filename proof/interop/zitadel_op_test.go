package interop_test

import (
	"cmp"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
	"golang.org/x/oauth2"
)

const (
	zitadelUser     = "id2" // a user in the example storage
	zitadelName     = "test-user2"
	zitadelPassword = "verysecure"
	zitadelSecret   = "a secret: 100% of it"
)

// zitadelOP is the OpenID provider of zitadel/oidc, running in this process.
// The library's example storage contains the authorization requests, codes and
// users. The test contains the clients, tokens and keys.
type zitadelOP struct {
	*storage.Storage
	issuer string

	mu     sync.Mutex
	key    zitadelKey
	tokens map[string]zitadelToken // by jti
}

// zitadelToken is a stored access token.
type zitadelToken struct {
	client, subject  string
	audience, scopes []string
	issued, expiry   time.Time
}

// startZitadel starts a provider with the given issuer. If issuer is empty, the
// issuer is the address of the provider.
func startZitadel(t *testing.T, issuer string) *zitadelOP {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	t.Cleanup(server.Close)
	z := &zitadelOP{issuer: "http://" + server.Listener.Addr().String(), tokens: map[string]zitadelToken{}}
	z.Storage = storage.NewStorageWithClients(storage.NewUserStore(z.issuer), nil)
	z.rotate(t, jose.RS256)

	config := &op.Config{CodeMethodS256: true}
	rand.Read(config.CryptoKey[:])
	provider, err := op.NewProvider(config, z, op.StaticIssuer(cmp.Or(issuer, z.issuer)),
		op.WithAllowInsecure(), op.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	back := op.AuthCallbackURL(provider)
	mux := http.NewServeMux()
	mux.Handle("/", provider)
	mux.HandleFunc("POST /login/username", op.NewIssuerInterceptor(provider.IssuerFromRequest).HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			id := r.FormValue("authRequestID")
			if err := z.CheckUsernamePassword(r.FormValue("username"), r.FormValue("password"), id); err != nil {
				http.Error(w, err.Error(), http.StatusForbidden)
				return
			}
			http.Redirect(w, r, back(r.Context(), id), http.StatusSeeOther)
		}))
	server.Config.Handler = mux
	server.Start()
	return z
}

// zitadelClients maps client IDs to the clients that may get tokens.
var zitadelClients = map[string]zitadelClient{
	"jwt":       {kind: op.AccessTokenTypeJWT, audience: audience},
	"elsewhere": {kind: op.AccessTokenTypeJWT, audience: "https://other.example.com"},
	"bare":      {kind: op.AccessTokenTypeJWT, audience: audience, bare: true},
	"opaque":    {kind: op.AccessTokenTypeBearer, audience: audience},
	"opaque2":   {kind: op.AccessTokenTypeBearer, audience: "https://other.example.com"},
}

// zitadelClient is a web application client. It replaces some fields and
// methods of a client in the example storage.
type zitadelClient struct {
	*storage.Client
	kind     op.AccessTokenType
	audience string
	bare     bool // whether its JWTs lack the scope claim
}

func (c zitadelClient) AccessTokenType() op.AccessTokenType { return c.kind }

func (c zitadelClient) GrantTypes() []oidc.GrantType {
	return []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeClientCredentials}
}

func (c zitadelClient) IsScopeAllowed(scope string) bool {
	return slices.Contains([]string{"items:read", "items:write", "admin"}, scope)
}

func (z *zitadelOP) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	client, ok := zitadelClients[id]
	if !ok {
		return nil, errors.New("unknown client")
	}
	client.Client = storage.WebClient(id, zitadelSecret, callback)
	return client, nil
}

// AuthorizeClientIDSecret accepts the credentials of zitadelClients, and of the
// client "api". The client "api" may introspect tokens, but cannot get tokens.
func (z *zitadelOP) AuthorizeClientIDSecret(_ context.Context, id, secret string) error {
	if _, ok := zitadelClients[id]; !ok && id != "api" || secret != zitadelSecret {
		return errors.New("unknown client or wrong secret")
	}
	return nil
}

func (z *zitadelOP) ClientCredentials(ctx context.Context, id, secret string) (op.Client, error) {
	if err := z.AuthorizeClientIDSecret(ctx, id, secret); err != nil {
		return nil, err
	}
	return z.GetClientByClientID(ctx, id)
}

func (z *zitadelOP) ClientCredentialsTokenRequest(_ context.Context, id string, scopes []string) (op.TokenRequest, error) {
	return zitadelRequest{&storage.AuthRequest{ApplicationID: id, UserID: id, Scopes: scopes}}, nil
}

// zitadelRequest is an authorization request of the example storage. Tokens for
// this request have the audience of the client.
type zitadelRequest struct{ *storage.AuthRequest }

func (r zitadelRequest) GetAudience() []string {
	return []string{zitadelClients[r.ApplicationID].audience}
}

func (z *zitadelOP) AuthRequestByID(ctx context.Context, id string) (op.AuthRequest, error) {
	return zitadelRequestOf(z.Storage.AuthRequestByID(ctx, id))
}

func (z *zitadelOP) AuthRequestByCode(ctx context.Context, code string) (op.AuthRequest, error) {
	return zitadelRequestOf(z.Storage.AuthRequestByCode(ctx, code))
}

func zitadelRequestOf(request op.AuthRequest, err error) (op.AuthRequest, error) {
	if err != nil {
		return nil, err
	}
	return zitadelRequest{request.(*storage.AuthRequest)}, nil
}

func (z *zitadelOP) CreateAccessToken(_ context.Context, request op.TokenRequest) (string, time.Time, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	id, now := rand.Text(), time.Now()
	token := zitadelToken{
		client: request.(zitadelRequest).ApplicationID, subject: request.GetSubject(),
		audience: request.GetAudience(), scopes: request.GetScopes(), issued: now, expiry: now.Add(5 * time.Minute),
	}
	z.tokens[id] = token
	return id, token.expiry, nil
}

// GetPrivateClaimsFromScopes returns the claim "scope" for a JWT. The provider
// does not add this claim itself.
func (z *zitadelOP) GetPrivateClaimsFromScopes(_ context.Context, _, client string, scopes []string) (map[string]any, error) {
	if zitadelClients[client].bare {
		return nil, nil
	}
	return map[string]any{"scope": strings.Join(scopes, " ")}, nil
}

func (z *zitadelOP) SetIntrospectionFromToken(_ context.Context, answer *oidc.IntrospectionResponse, id, subject, client string) error {
	z.mu.Lock()
	defer z.mu.Unlock()
	token, ok := z.tokens[id]
	if !ok || token.subject != subject || client != "api" {
		return errors.New("the token is unknown, or the client is not the API")
	}
	answer.Subject, answer.ClientID, answer.TokenType = token.subject, token.client, oidc.BearerToken
	answer.Audience, answer.Scope = token.audience, token.scopes
	answer.IssuedAt, answer.Expiration = oidc.FromTime(token.issued), oidc.FromTime(token.expiry)
	return nil
}

func (z *zitadelOP) RevokeToken(_ context.Context, id, _, client string) *oidc.Error {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.tokens[id].client != client {
		return oidc.ErrInvalidClient()
	}
	delete(z.tokens, id)
	return nil
}

// zitadelKey is the signing key pair.
type zitadelKey struct {
	id      string
	alg     jose.SignatureAlgorithm
	private crypto.Signer
}

func (k zitadelKey) ID() string                                  { return k.id }
func (k zitadelKey) SignatureAlgorithm() jose.SignatureAlgorithm { return k.alg }
func (k zitadelKey) Key() any                                    { return k.private }

// zitadelPublic is a public key in the key set.
type zitadelPublic struct{ zitadelKey }

func (k zitadelPublic) Algorithm() jose.SignatureAlgorithm { return k.alg }
func (k zitadelPublic) Use() string                        { return "sig" }
func (k zitadelPublic) Key() any                           { return k.private.Public() }

// rotate replaces the signing key. The old key is withdrawn from the key set.
func (z *zitadelOP) rotate(t *testing.T, alg jose.SignatureAlgorithm) {
	t.Helper()
	var key crypto.Signer
	var err error
	if alg == jose.ES256 {
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	} else {
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	z.key = zitadelKey{rand.Text(), alg, key}
}

func (z *zitadelOP) SigningKey(context.Context) (op.SigningKey, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.key, nil
}

func (z *zitadelOP) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	return []jose.SignatureAlgorithm{z.key.alg}, nil
}

func (z *zitadelOP) KeySet(context.Context) ([]op.Key, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	return []op.Key{zitadelPublic{z.key}}, nil
}

// config returns the configuration of a client for golang.org/x/oauth2.
func (z *zitadelOP) config(client string, scopes ...string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: client, ClientSecret: zitadelSecret, RedirectURL: callback, Scopes: scopes,
		Endpoint: oauth2.Endpoint{AuthURL: z.issuer + "/authorize", TokenURL: z.issuer + "/oauth/token", AuthStyle: oauth2.AuthStyleInHeader},
	}
}
