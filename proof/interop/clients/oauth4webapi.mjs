// npm oauth4webapi, with the functions that flows.mjs needs.

import * as oauth from 'oauth4webapi';
import { insecure, report } from './common.mjs';
import { flows } from './flows.mjs';

const options = { [oauth.allowInsecureRequests]: insecure };

const methods = {
  basic: ({ secret }) => oauth.ClientSecretBasic(secret),
  post: ({ secret }) => oauth.ClientSecretPost(secret),
  key: ({ key }) => oauth.PrivateKeyJwt(key),
  none: () => oauth.None(),
};

async function verified(as, response) {
  await oauth.validateApplicationLevelSignature(as, response, options);
}

const lib = {
  async discover(issuer, algorithm, { id, method = 'none', metadata, ...credentials }) {
    const response = await oauth.discoveryRequest(new URL(issuer), { algorithm, ...options });
    const as = await oauth.processDiscoveryResponse(new URL(issuer), response);
    return { as, client: { client_id: id, ...metadata }, auth: methods[method](credentials) };
  },
  metadata: ({ as }) => as,
  checks: () => ({
    pkceCodeVerifier: oauth.generateRandomCodeVerifier(), expectedState: oauth.generateRandomState(), expectedNonce: oauth.generateRandomNonce(),
  }),
  async authorizationURL({ as, client }, checks, more) {
    const url = new URL(as.authorization_endpoint);
    url.search = new URLSearchParams({
      client_id: client.client_id, response_type: 'code', state: checks.expectedState, nonce: checks.expectedNonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(checks.pkceCodeVerifier), code_challenge_method: 'S256', ...more,
    });
    return url;
  },
  async pushedURL({ as, client, auth }, checks, more) {
    const { searchParams } = await lib.authorizationURL({ as, client }, checks, more);
    const response = await oauth.pushedAuthorizationRequest(as, client, auth, searchParams, options);
    const { request_uri } = await oauth.processPushedAuthorizationResponse(as, client, response);
    const url = new URL(as.authorization_endpoint);
    url.search = new URLSearchParams({ client_id: client.client_id, request_uri });
    return url;
  },
  async register(issuer, metadata) {
    const { as } = await lib.discover(issuer, 'oidc', { id: 'none' });
    const answer = await oauth.processDynamicClientRegistrationResponse(await oauth.dynamicClientRegistrationRequest(as, metadata, options));
    const method = { client_secret_basic: 'basic', client_secret_post: 'post', none: 'none' }[answer.token_endpoint_auth_method];
    return { party: { as, client: answer, auth: methods[method]({ secret: answer.client_secret }) }, answer };
  },
  async exchange({ as, client, auth }, back, { pkceCodeVerifier, expectedState, expectedNonce, maxAge }) {
    const params = back instanceof Request ? new URLSearchParams(await oauth.formPostResponse(back)) : back.searchParams;
    const answer = oauth.validateAuthResponse(as, client, params, expectedState);
    const { origin, pathname } = new URL(back.url ?? back);
    const response = await oauth.authorizationCodeGrantRequest(as, client, auth, answer, origin + pathname, pkceCodeVerifier, options);
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, { expectedNonce, maxAge, requireIdToken: true });
    await verified(as, response);
    return tokens;
  },
  claims: oauth.getValidatedIdTokenClaims,
  async refresh({ as, client, auth }, token) {
    return oauth.processRefreshTokenResponse(as, client, await oauth.refreshTokenGrantRequest(as, client, auth, token, options));
  },
  async credentials({ as, client, auth }, params) {
    return oauth.processClientCredentialsResponse(as, client, await oauth.clientCredentialsGrantRequest(as, client, auth, params, options));
  },
  async grant({ as, client, auth }, type, params) {
    return oauth.processGenericTokenEndpointResponse(as, client, await oauth.genericTokenEndpointRequest(as, client, auth, type, params, options));
  },
  async userinfo({ as, client }, token, sub) {
    return oauth.processUserInfoResponse(as, client, sub, await oauth.userInfoRequest(as, client, token, options));
  },
  async introspect({ as, client, auth }, token) {
    const response = await oauth.introspectionRequest(as, client, auth, token, options);
    const answer = await oauth.processIntrospectionResponse(as, client, response);
    if (client.introspection_signed_response_alg) await verified(as, response);
    return answer;
  },
  async revoke({ as, client, auth }, token) {
    return oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, token, options));
  },
  logoutURL({ as, client }, params) {
    return new URL(`${as.end_session_endpoint}?${new URLSearchParams({ client_id: client.client_id, ...params })}`);
  },

  // device polls before and after the page is opened. The server's clock advances by five seconds with each poll, so that
  // the test does not wait.
  async device({ as, client, auth }, scope, open) {
    const begun = await oauth.processDeviceAuthorizationResponse(as, client, await oauth.deviceAuthorizationRequest(as, client, auth, { scope }, options));
    const poll = async () => oauth.processDeviceCodeResponse(as, client, await oauth.deviceCodeGrantRequest(as, client, auth, begun.device_code, options));
    const pending = await poll().catch((err) => err.error);
    if (pending !== 'authorization_pending') throw new Error(`got ${pending}, want authorization_pending`);
    await open(begun.verification_uri_complete);
    return poll();
  },
  // The ID token was verified before. The access token follows RFC 9068.
  async signatures({ as }, tokens) {
    const request = new Request('https://api.example.com/orders', { headers: { authorization: `Bearer ${tokens.access_token}` } });
    const { sub } = await oauth.validateJwtAccessToken(as, request, 'api', options);
    return { sub };
  },
};

await report(flows(lib));
