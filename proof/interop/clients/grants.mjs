// The flows for token exchange, assertions as grants, resources and authorization details.

import { assertion, setup, outcome } from './common.mjs';

const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
const bearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const accessToken = 'urn:ietf:params:oauth:token-type:access_token';
const jwt = 'urn:ietf:params:oauth:token-type:jwt';

const payment = { type: 'payment', amount: { value: '12.50', currency: 'EUR' } };
const account = { type: 'account', identifier: '<7>' };

export function grants(lib, { anyone, confidential, login, active }) {
  const gateway = () => anyone({ id: 'gateway', method: 'post', secret: 'gateway-secret' });
  const subject = async (more) => (await login(await anyone(), more)).access_token;
  const exchangeToken = async (token, more = {}) => lib.grant(await gateway(), exchange, { subject_token: token, subject_token_type: accessToken, ...more });
  const useAssertion = async (claims = {}, params = {}) => (
    lib.grant(await anyone({ id: 'asserting' }), bearer, { assertion: await assertion('ES256', { iss: 'asserting', sub: 'test-user', ...claims }), ...params })
  );
  // introspected returns what an API learns about a token.
  const introspected = async ({ access_token }) => {
    const { sub, client_id, scope, aud, act, authorization_details } = await lib.introspect(await confidential(), access_token);
    return { sub, client_id, scope, aud, act, authorization_details };
  };
  const withDetails = (...details) => ({ authorization_details: JSON.stringify(details) });

  return {
    async 'token exchange'() {
      const tokens = await exchangeToken(await subject());
      return { type: tokens.token_type, issued: tokens.issued_token_type, refresh: !!tokens.refresh_token, id: !!tokens.id_token, ...await introspected(tokens) };
    },
    async 'token exchange, with an actor and less scope'() {
      const own = (await lib.credentials(await confidential(), {})).access_token;
      const tokens = await exchangeToken(await subject(), { actor_token: own, actor_token_type: jwt, requested_token_type: jwt, scope: 'orders:read', audience: 'api' });
      return { issued: tokens.issued_token_type, scope: tokens.scope, ...await introspected(tokens) };
    },
    async 'token exchange, revoked with its subject token'() {
      const token = await subject();
      const tokens = await exchangeToken(token);
      await lib.revoke(await anyone(), token);
      return active(tokens.access_token);
    },
    async 'token exchange, refused'() {
      const token = await subject();
      return {
        scope: await outcome(exchangeToken(token, { scope: 'orders:write' })),
        audience: await outcome(exchangeToken(token, { audience: 'backend' })),
        resource: await outcome(exchangeToken(token, { resource: 'https://backend.example.com' })),
        expired: await outcome(exchangeToken(setup.tokens.expired)),
        unsigned: await outcome(exchangeToken(setup.tokens.unsigned)),
        actor: await outcome(exchangeToken(setup.tokens.bobMayAct)),
        client: await outcome(lib.grant(await confidential(), exchange, { subject_token: token, subject_token_type: accessToken })),
      };
    },

    async 'jwt bearer'() {
      const tokens = await useAssertion({}, { scope: 'a', resource: 'https://api.example.com' });
      return { type: tokens.token_type, expires: tokens.expires_in, refresh: !!tokens.refresh_token, ...await introspected(tokens) };
    },
    async 'jwt bearer, refused'() {
      const party = await anyone({ id: 'asserting' });
      const form = { assertion: await assertion('ES256', { iss: 'asserting', sub: 'test-user' }) };
      return {
        first: await outcome(lib.grant(party, bearer, form)),
        again: await outcome(lib.grant(party, bearer, form)),
        audience: await outcome(useAssertion({ aud: 'https://other.example.com' })),
        expired: await outcome(useAssertion({ exp: 1 })),
        subject: await outcome(useAssertion({ sub: 'unknown' })),
        scope: await outcome(useAssertion({}, { scope: 'c' })),
      };
    },

    async 'resources'() {
      const party = await confidential();
      const one = new URLSearchParams([['resource', 'https://one.example.com'], ['resource', 'https://two.example.com']]);
      return {
        two: (await introspected(await lib.credentials(party, one))).aud,
        none: await outcome(lib.credentials(party, { resource: 'https://one.example.com/#x' })),
      };
    },

    async 'authorization details'() {
      const party = await anyone();
      const tokens = await login(party, withDetails(payment, account));
      return { answer: tokens.authorization_details, introspection: (await introspected(tokens)).authorization_details };
    },
    async 'authorization details of one token'() {
      const some = await lib.credentials(await confidential(), withDetails(payment, account));
      const less = await exchangeToken(some.access_token, withDetails(account));
      return { details: (await introspected(less)).authorization_details, more: await outcome(exchangeToken(less.access_token, withDetails(payment))) };
    },
    async 'authorization details of an unknown type'() {
      return outcome(lib.credentials(await confidential(), withDetails({ type: 'refund' })));
    },
  };
}
