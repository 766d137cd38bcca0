// The flows of token exchange, of assertions as grants and of what is asked for in detail.

import { assertion, setup, told } from './common.mjs';

const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
const bearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const accessToken = 'urn:ietf:params:oauth:token-type:access_token';
const jwt = 'urn:ietf:params:oauth:token-type:jwt';

const payment = { type: 'payment', amount: { value: '12.50', currency: 'EUR' } };
const account = { type: 'account', identifier: '<7>' };

export function grants(lib, { anyone, confidential, login, active }) {
  const gateway = () => anyone({ id: 'gateway', method: 'post', secret: 'gateway-secret' });
  const subject = async (more) => (await login(await anyone(), more)).access_token;
  const swap = async (token, more = {}) => lib.grant(await gateway(), exchange, { subject_token: token, subject_token_type: accessToken, ...more });
  const bear = async (claims = {}, params = {}) => (
    lib.grant(await anyone({ id: 'bears' }), bearer, { assertion: await assertion('ES256', { iss: 'bears', sub: 'test-user', ...claims }), ...params })
  );
  // seen is what an API learns of a token.
  const seen = async ({ access_token }) => {
    const { sub, client_id, scope, aud, act, authorization_details } = await lib.introspect(await confidential(), access_token);
    return { sub, client_id, scope, aud, act, authorization_details };
  };
  const asking = (...details) => ({ authorization_details: JSON.stringify(details) });

  return {
    async 'token exchange'() {
      const tokens = await swap(await subject());
      return { type: tokens.token_type, issued: tokens.issued_token_type, refresh: !!tokens.refresh_token, id: !!tokens.id_token, ...await seen(tokens) };
    },
    async 'token exchange, for an actor and for less'() {
      const own = (await lib.credentials(await confidential(), {})).access_token;
      const tokens = await swap(await subject(), { actor_token: own, actor_token_type: jwt, requested_token_type: jwt, scope: 'orders:read', audience: 'api' });
      return { issued: tokens.issued_token_type, scope: tokens.scope, ...await seen(tokens) };
    },
    async 'token exchange, revoked with its subject token'() {
      const token = await subject();
      const tokens = await swap(token);
      await lib.revoke(await anyone(), token);
      return active(tokens.access_token);
    },
    async 'token exchange, refused'() {
      const token = await subject();
      return {
        scope: await told(swap(token, { scope: 'orders:write' })),
        audience: await told(swap(token, { audience: 'backend' })),
        resource: await told(swap(token, { resource: 'https://backend.example.com' })),
        expired: await told(swap(setup.tokens.expired)),
        unsigned: await told(swap(setup.tokens.unsigned)),
        actor: await told(swap(setup.tokens.bobMayAct)),
        client: await told(lib.grant(await confidential(), exchange, { subject_token: token, subject_token_type: accessToken })),
      };
    },

    async 'jwt bearer'() {
      const tokens = await bear({}, { scope: 'a', resource: 'https://api.example.com' });
      return { type: tokens.token_type, expires: tokens.expires_in, refresh: !!tokens.refresh_token, ...await seen(tokens) };
    },
    async 'jwt bearer, refused'() {
      const party = await anyone({ id: 'bears' });
      const once = { assertion: await assertion('ES256', { iss: 'bears', sub: 'test-user' }) };
      return {
        first: await told(lib.grant(party, bearer, once)),
        again: await told(lib.grant(party, bearer, once)),
        audience: await told(bear({ aud: 'https://other.example.com' })),
        expired: await told(bear({ exp: 1 })),
        subject: await told(bear({ sub: 'nobody' })),
        scope: await told(bear({}, { scope: 'c' })),
      };
    },

    async 'resources'() {
      const party = await confidential();
      const one = new URLSearchParams([['resource', 'https://one.example.com'], ['resource', 'https://two.example.com']]);
      return {
        two: (await seen(await lib.credentials(party, one))).aud,
        none: await told(lib.credentials(party, { resource: 'https://one.example.com/#x' })),
      };
    },

    async 'authorization details'() {
      const party = await anyone();
      const tokens = await login(party, asking(payment, account));
      return { answer: tokens.authorization_details, introspection: (await seen(tokens)).authorization_details };
    },
    async 'authorization details of one token'() {
      const some = await lib.credentials(await confidential(), asking(payment, account));
      const less = await swap(some.access_token, asking(account));
      return { details: (await seen(less)).authorization_details, more: await told(swap(less.access_token, asking(payment))) };
    },
    async 'authorization details of no known type'() {
      return told(lib.credentials(await confidential(), asking({ type: 'refund' })));
    },
  };
}
