// The flows for pushed requests (RFC 9126) and dynamic client registration (RFC 7591, RFC 7592).

import { browse, privateKey, redirectURI, setup, outcome, summary } from './common.mjs';

const request = { redirect_uri: redirectURI, scope: 'openid email orders:read' };

// login logs in with a pushed request.
async function login(lib, party) {
  const checks = lib.checks();
  return lib.exchange(party, await browse(await lib.pushedURL(party, checks, request)), checks);
}

export function pushes(lib, anyone) {
  const odd = () => anyone({ id: setup.oddID, method: 'basic', secret: setup.oddSecret });
  return {
    async 'pushed, a public client'() {
      return summary(lib, await login(lib, await anyone()));
    },
    async 'pushed, a confidential client'() {
      return summary(lib, await login(lib, await odd()));
    },
    async 'pushed, private_key_jwt'() {
      return summary(lib, await login(lib, await anyone({ id: 'signs-ES256', method: 'key', key: await privateKey('ES256') })));
    },
    async 'pushed, only client_id and request_uri in the URL'() {
      return [...(await lib.pushedURL(await anyone(), lib.checks(), request)).searchParams.keys()].sort();
    },
    async 'pushed, refused: an unregistered redirect URI'() {
      return outcome(lib.pushedURL(await anyone(), lib.checks(), { ...request, redirect_uri: 'https://other.example.com/' }));
    },
    async 'pushed, refused: a wrong secret'() {
      return outcome(lib.pushedURL(await anyone({ id: setup.oddID, method: 'basic', secret: 'wrong' }), lib.checks(), request));
    },
    async 'pushed, refused: a reused request_uri'() {
      const url = await lib.pushedURL(await anyone(), lib.checks(), request);
      await browse(url);
      return browse(url);
    },
    async 'pushed, refused: a request_uri of another client'() {
      const url = await lib.pushedURL(await odd(), lib.checks(), request);
      url.searchParams.set('client_id', 'test-public');
      return browse(url);
    },
  };
}

export function registrations(lib) {
  const metadata = { redirect_uris: [redirectURI], grant_types: ['authorization_code', 'refresh_token'] };
  const by = (method) => async () => {
    const { party, answer } = await lib.register(setup.issuer, { ...metadata, token_endpoint_auth_method: method });
    const tokens = summary(lib, await login(lib, party));
    return { ...tokens, aud: tokens.aud === answer.client_id, secret: 'client_secret' in answer };
  };
  return {
    'registration, a native client': by('none'),
    'registration, client_secret_basic': by('client_secret_basic'),
    'registration, client_secret_post': by('client_secret_post'),
    async 'registration, pushed requests required'() {
      const { party } = await lib.register(setup.issuer, {
        ...metadata, token_endpoint_auth_method: 'client_secret_post', require_pushed_authorization_requests: true,
      });
      const back = await browse(await lib.authorizationURL(party, lib.checks(), request));
      return { error: back.searchParams.get('error'), tokens: !!(await login(lib, party)).access_token };
    },
    // The libraries do not support RFC 7592.
    async 'registration, read, changed and deleted'() {
      const { party, answer } = await lib.register(setup.issuer, {
        grant_types: ['client_credentials'], response_types: [], token_endpoint_auth_method: 'client_secret_post',
      });
      const headers = { authorization: `Bearer ${answer.registration_access_token}`, 'content-type': 'application/json' };
      const ask = (method, body) => fetch(answer.registration_client_uri, { method, headers, body: body && JSON.stringify(body) });
      const read = await ask('GET');
      const { registration_access_token, registration_client_uri, client_id_issued_at, ...rest } = await read.json();
      const changed = await ask('PUT', { ...rest, client_name: 'Another name' });
      await lib.credentials(party, {});
      const deleted = await ask('DELETE');
      return {
        read: read.status, changed: (await changed.json()).client_name, deleted: deleted.status, again: (await ask('GET')).status,
        tokens: await outcome(lib.credentials(party, {})),
      };
    },
    async 'registration, refused: a script'() {
      return outcome(lib.register(setup.issuer, { ...metadata, redirect_uris: ['javascript:alert(1)'] }));
    },
    async 'registration, refused: the password grant'() {
      return outcome(lib.register(setup.issuer, { ...metadata, grant_types: ['password'] }));
    },
  };
}
