// A real authorization server for the interoperability tests: npm oidc-provider on a loopback port of its own.
//
// When ready it prints one line of JSON, {issuer, token_endpoint, control, client_id, client_secret}. It exits when
// its standard input closes, so it cannot outlive the test that started it.
//
// Tokens: client_credentials with a resource indicator (RFC 8707) that names audience and algorithm at once:
// "https://api.example.com?alg=ES256" asks for an ES256 signature for the audience "https://api.example.com".
//
// POST to control rotates: a second Provider with fresh keys under fresh key ids takes over behind the same issuer,
// and the old keys are withdrawn at once.

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

// The provider speaks of its defaults through console.info; standard output belongs to the one line of JSON.
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

const client = {
  client_id: 'interop',
  client_secret: randomUUID(),
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
};

// Key ids are left to the provider: it takes the thumbprint (RFC 7638), which is new whenever the key is.
function newKeys() {
  return Object.entries(keyTypes).map(([alg, type]) => ({
    ...generateKeyPairSync(...type).privateKey.export({ format: 'jwk' }), alg, use: 'sig',
  }));
}

function resourceServer(ctx, resource) {
  const [audience, query] = resource.split('?');
  const alg = new URLSearchParams(query).get('alg');
  if (!Object.hasOwn(keyTypes, alg)) throw new errors.InvalidTarget();
  return { audience, scope: 'items:read items:write admin', accessTokenFormat: 'jwt', jwt: { sign: { alg } } };
}

function newProvider(issuer) {
  const provider = new Provider(issuer, {
    clients: [client],
    jwks: { keys: newKeys() },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: { enabled: true, getResourceServerInfo: resourceServer },
    },
    ttl: { ClientCredentials: 600 },
  });
  provider.on('server_error', (ctx, err) => console.error(err));
  return provider.callback();
}

const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://127.0.0.1:${server.address().port}`;
const control = '/control/rotate';

let handle = newProvider(issuer);
server.on('request', (req, res) => {
  if (req.method === 'POST' && req.url === control) {
    handle = newProvider(issuer);
    res.writeHead(204).end();
    return;
  }
  handle(req, res);
});

console.log(JSON.stringify({
  issuer,
  token_endpoint: `${issuer}/token`,
  control: issuer + control,
  client_id: client.client_id,
  client_secret: client.client_secret,
}));

process.stdin.on('end', () => process.exit()).resume();
