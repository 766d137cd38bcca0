// npm oauth4webapi or openid-client with certificates (RFC 8705): it authenticates with them at the mock server, and calls
// an API with tokens that are bound to them. The fetch of Node.js has no setting for a certificate, that of undici does.

import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { Agent, fetch as fetchOver } from 'undici';
import { browse, outcome, redirectURI, report, setup, summary } from './common.mjs';

const metadata = { use_mtls_endpoint_aliases: true };

// Each library returns a client that presents a certificate, or none.
const libraries = {
  async oauth4webapi(id, isPublic, send) {
    const options = { [oauth.customFetch]: send };
    const issuer = new URL(setup.issuer);
    const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options));
    const client = { client_id: id, ...metadata };
    const auth = isPublic ? oauth.None() : oauth.TlsClientAuth();
    return {
      claims: oauth.getValidatedIdTokenClaims,
      credentials: async () => oauth.processClientCredentialsResponse(
        as, client, await oauth.clientCredentialsGrantRequest(as, client, auth, { scope: 'items:read' }, options)),
      async login() {
        const verifier = oauth.generateRandomCodeVerifier();
        const url = new URL(as.authorization_endpoint);
        url.search = new URLSearchParams({
          client_id: id, response_type: 'code', redirect_uri: redirectURI, scope: 'openid items:read',
          code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
        });
        const answer = oauth.validateAuthResponse(as, client, await browse(url));
        return oauth.processAuthorizationCodeResponse(
          as, client, await oauth.authorizationCodeGrantRequest(as, client, auth, answer, redirectURI, verifier, options));
      },
      refresh: async (token) => oauth.processRefreshTokenResponse(as, client, await oauth.refreshTokenGrantRequest(as, client, auth, token, options)),
      introspect: async (token) => oauth.processIntrospectionResponse(as, client, await oauth.introspectionRequest(as, client, auth, token, options)),
      request: (token, url) => oauth.protectedResourceRequest(token, 'GET', url, undefined, null, options),
    };
  },
  async 'openid-client'(id, isPublic, send) {
    const auth = isPublic ? openid.None() : openid.TlsClientAuth();
    const party = await openid.discovery(new URL(setup.issuer), id, metadata, auth, { [openid.customFetch]: send });
    return {
      claims: (tokens) => tokens.claims(),
      credentials: () => openid.clientCredentialsGrant(party, { scope: 'items:read' }),
      async login() {
        const pkceCodeVerifier = openid.randomPKCECodeVerifier();
        const url = openid.buildAuthorizationUrl(party, {
          redirect_uri: redirectURI, scope: 'openid items:read',
          code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: 'S256',
        });
        return openid.authorizationCodeGrant(party, await browse(url), { pkceCodeVerifier });
      },
      refresh: (token) => openid.refreshTokenGrant(party, token),
      introspect: (token) => openid.tokenIntrospection(party, token),
      request: (token, url) => openid.fetchProtectedResource(party, token, url, 'GET'),
    };
  },
};

function present(client, certificate) {
  const dispatcher = new Agent({ connect: setup.certificates[certificate] });
  return libraries[setup.library](client, client === 'public', (url, request) => fetchOver(url, { ...request, dispatcher }));
}

// call uses a token at the API. It returns the status, and the error in the challenge if there is one.
async function call(token, client, certificate) {
  const { request } = await present(client, certificate);
  try {
    return (await request(token, new URL('/items', setup.api))).status;
  } catch (err) {
    if (!Array.isArray(err.cause)) throw err;
    return `${err.status} ${err.cause.find(({ scheme }) => scheme === 'bearer').parameters.error}`;
  }
}

// used describes a token, and what the API answers to it.
async function used(lib, tokens, { client, own, other }) {
  const token = tokens.access_token;
  return {
    token: summary(lib, tokens), own: await call(token, client, own), other: await call(token, client, other), none: await call(token, client, 'none'),
  };
}

const flows = {};
for (const client of ['named', 'self-signed']) {
  const [own, other] = client === 'named' ? ['own', 'other'] : ['self-signed', 'own'];
  const flow = (name, run) => { flows[`${client}, ${name}`] = async () => run(await present(client, own)); };
  flow('client credentials', async (lib) => used(lib, await lib.credentials(), { client, own, other }));
  flow('code', async (lib) => used(lib, await lib.login(), { client, own, other }));
  flow('refresh', async (lib) => used(lib, await lib.refresh((await lib.login()).refresh_token), { client, own, other }));
  flow('introspection', async (lib) => {
    const { active, token_type, cnf } = await lib.introspect((await lib.credentials()).access_token);
    return { active, token_type, cnf };
  });
  for (const wrong of [other, 'unknown', 'none']) {
    flow(`refused: ${wrong === other ? 'another certificate' : wrong}`, async (right) => {
      const lib = await present(client, wrong);
      const token = (await right.login()).refresh_token;
      return Promise.all([lib.credentials(), lib.login(), lib.refresh(token), lib.introspect(token)].map(outcome));
    });
  }
}

flows['public, code'] = async () => {
  const lib = await present('public', 'self-signed');
  return used(lib, await lib.login(), { client: 'public', own: 'self-signed', other: 'other' });
};
flows['public, refresh'] = async () => {
  const token = (await (await present('public', 'self-signed')).login()).refresh_token;
  const refreshed = async (certificate) => outcome((await present('public', certificate)).refresh(token));
  return { other: await refreshed('other'), none: await refreshed('none'), own: await refreshed('self-signed') };
};

await report(flows);
