// The flows, the same for every client library. lib is the library, with the functions of openid-client.mjs.

import { grants } from './grants.mjs';
import { browse, privateKey, redirectURI, setup, outcome, summary } from './common.mjs';
import { pushes, registrations } from './pushed.mjs';

const scope = 'openid email orders:read';

function changed(url, ...names) {
  const copy = new URL(url);
  for (const name of names) copy.searchParams.set(name, 'https://other.example.com');
  return copy;
}

export function flows(lib) {
  const anyone = (auth = { id: 'test-public' }) => lib.discover(setup.issuer, 'oidc', auth);
  const confidential = () => anyone({ id: 'test-client', method: 'basic', secret: 'test-secret' });

  async function authorize(party, more = {}, name = '') {
    const checks = lib.checks();
    const url = await lib.authorizationURL(party, checks, { redirect_uri: redirectURI, scope, ...more });
    return { back: await browse(url, name), checks };
  }
  async function login(party, more) {
    const { back, checks } = await authorize(party, more);
    return lib.exchange(party, back, checks);
  }
  // begun returns a code for a request that misuses it.
  async function begun(party) {
    party ??= await anyone();
    return { party, ...await authorize(party) };
  }
  const active = async (token) => (await lib.introspect(await confidential(), token)).active;

  async function codeBy(auth) {
    const party = await anyone(auth);
    return summary(lib, await login(party));
  }
  async function credentialsBy(auth) {
    const tokens = await lib.credentials(await anyone(auth), { scope: 'a b', resource: 'https://api.example.com' });
    const { sub, aud } = await lib.introspect(await confidential(), tokens.access_token);
    return { ...summary(lib, tokens), sub: sub === auth.id, aud };
  }
  const methods = {
    'client_secret_basic': async () => ({ id: setup.oddID, method: 'basic', secret: setup.oddSecret }),
    'client_secret_post': async () => ({ id: setup.oddID, method: 'post', secret: setup.oddSecret }),
  };
  for (const alg of Object.keys(setup.keys)) {
    methods[`private_key_jwt ${alg}`] = async () => ({ id: `signs-${alg}`, method: 'key', key: await privateKey(alg) });
  }

  const all = {
    async 'discovery, openid-configuration'() {
      return lib.metadata(await lib.discover(setup.issuer, 'oidc', { id: 'test-public' })).issuer;
    },
    async 'discovery, oauth-authorization-server'() {
      return lib.metadata(await lib.discover(setup.issuer, 'oauth2', { id: 'test-public' })).issuer;
    },
    'code with PKCE, state, nonce and iss': () => codeBy({ id: 'test-public' }),
    async 'code, the answer by form_post'() {
      const party = await anyone();
      const { back, checks } = await authorize(party, { response_mode: 'form_post' });
      return { method: back.method, ...summary(lib, await lib.exchange(party, back, checks)) };
    },
    async 'code, with max_age and acr_values'() {
      const party = await anyone();
      const { back, checks } = await authorize(party, { max_age: 60, acr_values: 'gold' });
      const claims = lib.claims(await lib.exchange(party, back, { ...checks, maxAge: 60 }));
      return { acr: claims.acr, auth_time: typeof claims.auth_time };
    },
    async 'code, the end user refuses'() {
      const party = await anyone();
      const { back, checks } = await authorize(party, {}, 'refuses');
      return outcome(lib.exchange(party, back, checks));
    },
    async 'userinfo'() {
      const party = await anyone();
      const { sub, email } = await lib.userinfo(party, (await login(party)).access_token, 'test-user');
      return { sub, email };
    },
    async 'refresh'() {
      const party = await anyone();
      const first = await login(party);
      const second = await lib.refresh(party, first.refresh_token);
      return { ...summary(lib, second), rotated: second.refresh_token !== first.refresh_token };
    },
    async 'a reused refresh token revokes its family'() {
      const party = await anyone();
      const first = await login(party);
      const second = await lib.refresh(party, first.refresh_token);
      return {
        before: await active(second.access_token),
        again: await outcome(lib.refresh(party, first.refresh_token)),
        successor: await outcome(lib.refresh(party, second.refresh_token)),
        first: await active(first.access_token),
        second: await active(second.access_token),
      };
    },
    async 'device'() {
      return summary(lib, await lib.device(await lib.discover(setup.device, 'oidc', { id: 'test-public' }), scope, (page) => browse(page)));
    },
    async 'device, the end user refuses'() {
      return outcome(lib.device(await lib.discover(setup.device, 'oidc', { id: 'test-public' }), scope, (page) => browse(page, 'refuses')));
    },
    async 'introspection'() {
      const tokens = await login(await anyone());
      const { active, iss, sub, client_id, aud, scope, token_type } = await lib.introspect(await confidential(), tokens.access_token);
      return { active, iss, sub, client_id, aud, scope, token_type };
    },
    async 'introspection of an unknown token'() {
      return lib.introspect(await confidential(), 'x');
    },
    async 'introspection, a signed answer'() {
      const party = await anyone({ id: 'test-client', method: 'basic', secret: 'test-secret', metadata: { introspection_signed_response_alg: 'RS256' } });
      const { active, sub } = await lib.introspect(party, (await login(party)).access_token);
      return { active, sub, unknown: await lib.introspect(party, 'x') };
    },
    async 'revocation of an access token'() {
      const party = await anyone();
      const tokens = await login(party);
      const before = await active(tokens.access_token);
      await lib.revoke(party, tokens.access_token);
      return { before, after: await active(tokens.access_token), refresh: await outcome(lib.refresh(party, tokens.refresh_token)) };
    },
    async 'revocation of a refresh token'() {
      const party = await anyone();
      const tokens = await login(party);
      await lib.revoke(party, tokens.refresh_token);
      return { access: await active(tokens.access_token), refresh: await outcome(lib.refresh(party, tokens.refresh_token)) };
    },
    async 'revocation of an unknown token'() {
      return outcome(lib.revoke(await anyone(), 'x'));
    },
    async 'logout'() {
      const party = await anyone();
      const tokens = await login(party);
      const to = { id_token_hint: tokens.id_token, post_logout_redirect_uri: redirectURI, state: 'a b' };
      const elsewhere = { ...to, post_logout_redirect_uri: `${redirectURI}/elsewhere` };
      return { to: await browse(lib.logoutURL(party, to)), elsewhere: await browse(lib.logoutURL(party, elsewhere)) };
    },

    ...grants(lib, { anyone, confidential, login, active }),

    async 'refused: another verifier'() {
      const { party, back, checks } = await begun();
      return outcome(lib.exchange(party, back, { ...checks, pkceCodeVerifier: lib.checks().pkceCodeVerifier }));
    },
    async 'refused: another redirect URI'() {
      const { party, back, checks } = await begun();
      back.pathname = '/other';
      return outcome(lib.exchange(party, back, checks));
    },
    async 'refused: a redirect URI that is not registered'() {
      return (await authorize(await anyone(), { redirect_uri: 'https://other.example.com/' })).back;
    },
    async 'refused: a reused code, which revokes its tokens'() {
      const { party, back, checks } = await begun();
      const tokens = await lib.exchange(party, back, checks);
      return { again: await outcome(lib.exchange(party, back, checks)), access: await active(tokens.access_token) };
    },
    async 'refused: a wrong secret'() {
      const wrong = (method) => anyone({ id: 'test-client', method, secret: 'wrong' });
      return [
        await outcome(lib.credentials(await wrong('basic'), {})), await outcome(lib.credentials(await wrong('post'), {})),
        await outcome(lib.introspect(await wrong('basic'), 'x')), await outcome(lib.revoke(await wrong('post'), 'x')),
      ];
    },
    async 'refused: the key of another client'() {
      const [one, other] = Object.keys(setup.keys);
      return outcome(lib.credentials(await anyone({ id: `signs-${one}`, method: 'key', key: await privateKey(other) }), {}));
    },
    async 'refused: a scope that is malformed'() {
      return outcome(lib.credentials(await confidential(), { scope: 'a "b"' }));
    },
    async 'refused: a request of another client'() {
      const { back, checks } = await begun();
      return outcome(lib.exchange(await confidential(), back, checks));
    },
    async 'the client refuses: another state'() {
      const { party, back, checks } = await begun();
      return outcome(lib.exchange(party, changed(back, 'state'), checks));
    },
    async 'the client refuses: another issuer'() {
      const { party, back, checks } = await begun();
      return outcome(lib.exchange(party, changed(back, 'iss'), checks));
    },
    async 'the client refuses: no issuer'() {
      const { party, back, checks } = await begun();
      back.searchParams.delete('iss');
      return outcome(lib.exchange(party, back, checks));
    },
    async 'the client refuses: another nonce'() {
      const { party, back, checks } = await begun();
      return outcome(lib.exchange(party, back, { ...checks, expectedNonce: lib.checks().expectedNonce }));
    },
    async 'the client refuses: another subject'() {
      const party = await anyone();
      return outcome(lib.userinfo(party, (await login(party)).access_token, 'another-user'));
    },
  };
  Object.assign(all, pushes(lib, anyone), registrations(lib));
  for (const [name, issuer] of Object.entries(setup.paths)) {
    all[`discovery, ${name}`] = async () => {
      const found = [];
      for (const algorithm of ['oidc', 'oauth2']) {
        const party = await lib.discover(issuer, algorithm, { id: 'test-public' });
        found.push(lib.metadata(party).issuer, summary(lib, await login(party)).sub);
      }
      return found;
    };
  }
  for (const [name, auth] of Object.entries(methods)) {
    all[`code, ${name}`] = async () => codeBy(await auth());
    all[`client credentials, ${name}`] = async () => credentialsBy(await auth());
  }
  for (const [alg, issuer] of Object.entries(setup.algs)) {
    all[`signatures, ${alg}`] = async () => {
      const party = await lib.discover(issuer, 'oidc', { id: 'test-public' });
      return lib.signatures(party, await login(party));
    };
  }
  return all;
}
