// npm openid-client, with the functions that flows.mjs needs.

import * as client from 'openid-client';
import { insecure, report } from './common.mjs';
import { flows } from './flows.mjs';

const methods = {
  basic: ({ secret }) => client.ClientSecretBasic(secret),
  post: ({ secret }) => client.ClientSecretPost(secret),
  key: ({ key }) => client.PrivateKeyJwt(key),
  none: () => client.None(),
};

const lib = {
  // The signatures of all signed answers are verified, although TLS would be enough (OpenID Connect Core 1.0 §3.1.3.7).
  discover: (issuer, algorithm, { id, method = 'none', metadata, ...credentials }) => client.discovery(
    new URL(issuer), id, metadata, methods[method](credentials),
    { algorithm, execute: [client.enableNonRepudiationChecks, ...insecure ? [client.allowInsecureRequests] : []] },
  ),
  metadata: (party) => party.serverMetadata(),
  checks: () => ({
    pkceCodeVerifier: client.randomPKCECodeVerifier(), expectedState: client.randomState(), expectedNonce: client.randomNonce(),
  }),
  authorizationURL: async (party, checks, more) => client.buildAuthorizationUrl(party, {
    code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier), code_challenge_method: 'S256',
    state: checks.expectedState, nonce: checks.expectedNonce, ...more,
  }),
  pushedURL: async (party, checks, more) => client.buildAuthorizationUrlWithPAR(party, Object.fromEntries(
    (await lib.authorizationURL(party, checks, more)).searchParams)),
  async register(issuer, metadata) {
    const method = { client_secret_basic: 'basic', none: 'none' }[metadata.token_endpoint_auth_method] ?? 'post';
    const party = await client.dynamicClientRegistration(new URL(issuer), metadata, methods[method]({}), {
      execute: [client.enableNonRepudiationChecks, ...insecure ? [client.allowInsecureRequests] : []],
    });
    return { party, answer: party.clientMetadata() };
  },
  exchange: client.authorizationCodeGrant,
  claims: (tokens) => tokens.claims(),
  refresh: client.refreshTokenGrant,
  credentials: client.clientCredentialsGrant,
  grant: client.genericGrantRequest,
  userinfo: client.fetchUserInfo,
  introspect: client.tokenIntrospection,
  revoke: client.tokenRevocation,
  logoutURL: client.buildEndSessionUrl,

  // device opens the page after the first poll. The server's clock advances by five seconds with each poll, so that the
  // test does not wait.
  async device(party, scope, open) {
    const begun = await client.initiateDeviceAuthorization(party, { scope });
    let polls = 0;
    party[client.customFetch] = async (url, request) => {
      const response = await fetch(url, request);
      if (url === party.serverMetadata().token_endpoint && ++polls === 1) await open(begun.verification_uri_complete);
      return response;
    };
    const tokens = await client.pollDeviceAuthorizationGrant(party, { ...begun, interval: 0.01 });
    if (polls !== 2) throw new Error(`got ${polls} polls, want 2`);
    return tokens;
  },
  // Invalid signatures were refused before.
  signatures: async (party, tokens) => ({ sub: tokens.claims().sub }),
};

await report(flows(lib));
