// A real authorization server for the interoperability tests: npm oidc-provider on a loopback port.
//
// When it is ready, it prints one line of JSON: issuer, token_endpoint, revocation_endpoint, control, the client that
// gets tokens (client_id, client_secret), the API that introspects the tokens (api_id, api_secret), and an API that
// authenticates with private_key_jwt and gets signed answers (signed_id, signed_key: PKCS #8 in PEM). It exits when its
// standard input closes, so it cannot outlive the test that started it.
//
// Clients get tokens with client_credentials. The resource indicator (RFC 8707) selects the audience and the format:
// "https://api.example.com?alg=ES256" requests a JWT with an ES256 signature for the audience "https://api.example.com",
// "https://api.example.com?opaque" an opaque token, and "https://api.example.com?opaque&ttl=1" an opaque token with a
// lifetime of one second. A DPoP proof in the request (RFC 9449) binds the token to its key. The server then requires a
// nonce.
//
// The client named program gets tokens with a code. A user is logged in and consents to everything without a page. The
// environment variable LOGOUT is JSON with more metadata of this client: the backchannel_logout_uri and, if logout tokens
// must have the sid, backchannel_logout_session_required. Access tokens have no sid, unless the client requires it and
// the resource indicator ends in "&sid".
//
// The environment variable MTLS makes the server use TLS and ask clients for a certificate (RFC 8705). It is JSON: the
// certificate of the server and its key (cert, key), the authority that issues certificates of clients (ca), and the
// certificate of a client (self_signed), all in PEM. All tokens are then bound to certificates. The line of JSON also has
// the client with the subject CN=service,O=service (named_id), and the client with the certificate self_signed
// (self_signed_id).
//
// POST control + "/rotate" replaces the Provider by a new one with the same issuer and new keys and key IDs, and
// withdraws the old keys at once. After POST control + "/introspection/stop", the server drops the connections of
// requests to the introspection endpoint, until POST control + "/introspection/start".

import { X509Certificate, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';

// The provider logs its defaults with console.info. Standard output is only for the line of JSON.
console.info = console.error;
const { Provider, errors } = await import('oidc-provider');

const keyTypes = {
  RS256: ['rsa', { modulusLength: 2048 }],
  PS256: ['rsa', { modulusLength: 2048 }],
  ES256: ['ec', { namedCurve: 'P-256' }],
  ES384: ['ec', { namedCurve: 'P-384' }],
  EdDSA: ['ed25519'],
  Ed25519: ['ed25519'],
};

const user = 'test-user';
const mtls = process.env.MTLS && JSON.parse(process.env.MTLS);

function newClient(id, grants, rest) {
  return {
    client_id: id, grant_types: grants, redirect_uris: [], response_types: [],
    ...mtls && { tls_client_certificate_bound_access_tokens: true }, ...rest,
  };
}

const client = newClient('interop', ['client_credentials'], { client_secret: randomUUID() });

// Characters that RFC 6749 §2.3.1 requires to be form-encoded in Basic credentials.
const api = newClient('https://api.example.com', [], { client_secret: `:+% ${randomUUID()}` });

const signedKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signed = newClient('signed-api', [], {
  token_endpoint_auth_method: 'private_key_jwt',
  token_endpoint_auth_signing_alg: 'ES256',
  jwks: { keys: [{ ...signedKey.publicKey.export({ format: 'jwk' }), kid: 'signed-api', alg: 'ES256', use: 'sig' }] },
  introspection_signed_response_alg: 'PS256',
});

const named = newClient('named', ['client_credentials'], {
  token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_subject_dn: 'CN=service,O=service',
});

function newSelfSigned() {
  const certificate = new X509Certificate(mtls.self_signed);
  return newClient('self-signed', ['client_credentials'], {
    token_endpoint_auth_method: 'self_signed_tls_client_auth',
    jwks: { keys: [{ ...certificate.publicKey.export({ format: 'jwk' }), x5c: [certificate.raw.toString('base64')] }] },
  });
}

// A native program, in which a user logs in. The provider binds the refresh tokens of such a client to its key, too.
const program = newClient('program', ['authorization_code', 'refresh_token'], {
  token_endpoint_auth_method: 'none', application_type: 'native', redirect_uris: ['http://127.0.0.1:4711/callback'], response_types: ['code'],
  ...process.env.LOGOUT && JSON.parse(process.env.LOGOUT),
});

const clients = [client, api, signed, program, ...mtls ? [named, newSelfSigned()] : []];

const presented = (ctx) => ctx.socket.getPeerX509Certificate();

const mTLS = {
  enabled: true,
  certificateBoundAccessTokens: true,
  tlsClientAuth: true,
  selfSignedTlsClientAuth: true,
  getCertificate: presented,
  certificateAuthorized: (ctx) => ctx.socket.authorized,
  // Node.js lists the attributes of a subject in the order of the certificate, which RFC 4514 reverses.
  certificateSubjectMatches: (ctx, name, expected) => (
    name === 'tls_client_auth_subject_dn' && presented(ctx).subject.split('\n').reverse().join() === expected
  ),
};

// The provider sets the key IDs to the thumbprints (RFC 7638), so a new key has a new ID.
function newKeys() {
  return Object.entries(keyTypes).map(([alg, type]) => ({
    ...generateKeyPairSync(...type).privateKey.export({ format: 'jwk' }), alg, use: 'sig',
  }));
}

function resourceServer(ctx, resource) {
  const [audience, query] = resource.split('?');
  const params = new URLSearchParams(query);
  const scope = 'items:read items:write admin';
  if (params.has('opaque')) {
    return { audience, scope, accessTokenFormat: 'opaque', accessTokenTTL: Number(params.get('ttl') ?? 600) };
  }
  const alg = params.get('alg');
  if (!Object.hasOwn(keyTypes, alg)) throw new errors.InvalidTarget();
  return { audience, scope, accessTokenFormat: 'jwt', accessTokenTTL: 600, jwt: { sign: { alg } } };
}

function newProvider(issuer) {
  const provider = new Provider(issuer, {
    clients,
    clientAuthMethods: ['client_secret_basic', 'private_key_jwt', 'none', ...mtls ? ['tls_client_auth', 'self_signed_tls_client_auth'] : []],
    jwks: { keys: newKeys() },
    // By default, the provider sends nothing to addresses on loopback.
    fetch: (url, { dispatcher, ...options }) => fetch(url, options),
    extraTokenClaims: (ctx, token) => (token.resourceServer?.identifier().endsWith('&sid') ? { sid: token.sid } : undefined),
    features: {
      backchannelLogout: { enabled: true },
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
      introspection: { enabled: true },
      jwtIntrospection: { enabled: true },
      ...mtls && { mTLS },
      revocation: { enabled: true },
      resourceIndicators: { enabled: true, getResourceServerInfo: resourceServer, useGrantedResource: () => true },
    },
    ttl: { ClientCredentials: (ctx, token) => token.resourceServer?.accessTokenTTL ?? 600 },
    enabledJWA: { introspectionSigningAlgValues: Object.keys(keyTypes), dPoPSigningAlgValues: Object.keys(keyTypes) },
  });
  provider.use(async (ctx, next) => {
    if (!ctx.path.startsWith('/interaction/')) return next();
    const { params } = await provider.interactionDetails(ctx.req, ctx.res);
    const grant = new provider.Grant({ accountId: user, clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    grant.addResourceScope(params.resource, params.scope);
    const result = { login: { accountId: user }, consent: { grantId: await grant.save() } };
    ctx.respond = false; // interactionFinished answers
    return provider.interactionFinished(ctx.req, ctx.res, result);
  });
  provider.on('server_error', (ctx, err) => console.error(err));
  provider.on('backchannel.error', (ctx, err) => {
    console.error(err);
    process.exitCode = 1; // a receiver refused a logout token, which fails the test
  });
  return provider.callback();
}

const server = mtls ? https.createServer({ ...mtls, requestCert: true, rejectUnauthorized: false }) : http.createServer();
await once(server.listen(0, '127.0.0.1'), 'listening');
const issuer = `${mtls ? 'https' : 'http'}://127.0.0.1:${server.address().port}`;
const control = '/control';
const introspection = '/token/introspection';

let handle = newProvider(issuer);
let introspecting = true;
const controls = {
  '/control/rotate': () => { handle = newProvider(issuer); },
  '/control/introspection/stop': () => { introspecting = false; },
  '/control/introspection/start': () => { introspecting = true; },
};
server.on('request', (req, res) => {
  if (req.method === 'POST' && Object.hasOwn(controls, req.url)) {
    controls[req.url]();
    res.writeHead(204).end();
  } else if (req.url === introspection && !introspecting) {
    req.socket.destroy();
  } else {
    handle(req, res);
  }
});

console.log(JSON.stringify({
  issuer,
  token_endpoint: `${issuer}/token`,
  revocation_endpoint: `${issuer}/token/revocation`,
  control: issuer + control,
  client_id: client.client_id,
  client_secret: client.client_secret,
  api_id: api.client_id,
  api_secret: api.client_secret,
  signed_id: signed.client_id,
  signed_key: signedKey.privateKey.export({ type: 'pkcs8', format: 'pem' }),
  ...mtls && { named_id: 'named', self_signed_id: 'self-signed' },
}));

process.stdin.on('end', () => process.exit()).resume();
