// npm oauth4webapi and openid-client as clients with DPoP (RFC 9449). Each library returns a client of setup.issuer with
// the same functions. send makes its requests. DPoP is the holder of a key; if it is undefined, a request has no proof.

import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { browse, redirectURI, setup } from './common.mjs';

export const libraries = {
  async oauth4webapi(id, secret, send) {
    const options = { [oauth.allowInsecureRequests]: true, [oauth.customFetch]: send };
    const issuer = new URL(setup.issuer);
    const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options));
    const client = { client_id: id };
    const auth = secret ? oauth.ClientSecretBasic(secret) : oauth.None();
    // This library leaves it to the caller to repeat a request that lacks a nonce.
    const repeated = (request) => request().catch((err) => {
      if (!oauth.isDPoPNonceError(err)) throw err;
      return request();
    });
    return {
      holder: async (alg, change) => oauth.DPoP(client, await oauth.generateKeyPair(alg), { [oauth.modifyAssertion]: change }),
      credentials: (DPoP, parameters) => repeated(async () => oauth.processClientCredentialsResponse(
        as, client, await oauth.clientCredentialsGrantRequest(as, client, auth, parameters, { ...options, DPoP }))),
      async authorize(DPoP, parameters, pushed) {
        const verifier = oauth.generateRandomCodeVerifier();
        const url = new URL(as.authorization_endpoint);
        url.search = new URLSearchParams({
          client_id: id, response_type: 'code', redirect_uri: redirectURI, ...parameters,
          code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
        });
        if (pushed) {
          const { request_uri } = await repeated(async () => oauth.processPushedAuthorizationResponse(
            as, client, await oauth.pushedAuthorizationRequest(as, client, auth, url.searchParams, { ...options, DPoP })));
          url.search = new URLSearchParams({ client_id: id, request_uri });
        }
        return { back: oauth.validateAuthResponse(as, client, await browse(url)), verifier };
      },
      redeem: (DPoP, { back, verifier }) => repeated(async () => oauth.processAuthorizationCodeResponse(
        as, client, await oauth.authorizationCodeGrantRequest(as, client, auth, back, redirectURI, verifier, { ...options, DPoP }))),
      refresh: (DPoP, token) => repeated(async () => oauth.processRefreshTokenResponse(
        as, client, await oauth.refreshTokenGrantRequest(as, client, auth, token, { ...options, DPoP }))),
      userinfo: (DPoP, token, sub) => repeated(async () => oauth.processUserInfoResponse(
        as, client, sub, await oauth.userInfoRequest(as, client, token, { ...options, DPoP }))),
      request: (DPoP, token, method, url) => repeated(() => oauth.protectedResourceRequest(token, method, url, undefined, null, { ...options, DPoP })),
      revoke: async (token) => oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, token, options)),
    };
  },
  async 'openid-client'(id, secret, send) {
    const party = await openid.discovery(new URL(setup.issuer), id, undefined, secret ? openid.ClientSecretBasic(secret) : openid.None(), {
      execute: [openid.allowInsecureRequests], [openid.customFetch]: send,
    });
    return {
      holder: async (alg, change) => openid.getDPoPHandle(party, await openid.randomDPoPKeyPair(alg), { [openid.modifyAssertion]: change }),
      credentials: (DPoP, parameters) => openid.clientCredentialsGrant(party, parameters, { DPoP }),
      async authorize(DPoP, parameters, pushed) {
        const verifier = openid.randomPKCECodeVerifier();
        const all = {
          redirect_uri: redirectURI, ...parameters,
          code_challenge: await openid.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
        };
        const url = pushed ? await openid.buildAuthorizationUrlWithPAR(party, all, { DPoP }) : openid.buildAuthorizationUrl(party, all);
        return { back: await browse(url), verifier };
      },
      redeem: (DPoP, { back, verifier }) => openid.authorizationCodeGrant(party, back, { pkceCodeVerifier: verifier }, undefined, { DPoP }),
      refresh: (DPoP, token) => openid.refreshTokenGrant(party, token, undefined, { DPoP }),
      userinfo: (DPoP, token, sub) => openid.fetchUserInfo(party, token, sub, { DPoP }),
      request: (DPoP, token, method, url) => openid.fetchProtectedResource(party, token, url, method, null, undefined, { DPoP }),
      revoke: (token) => openid.tokenRevocation(party, token),
    };
  },
};

// challenges returns the challenges that a library has read, each with its error. It throws other errors again.
export function challenges(err) {
  if (!Array.isArray(err.cause)) throw err;
  return err.cause.map(({ scheme, parameters }) => [scheme, parameters.error].filter(Boolean).join(' ')).join(', ');
}
