// npm oauth4webapi or openid-client calls an API with tokens that are bound to a key (RFC 9449). The library makes the
// proofs, remembers the nonces and reads the challenges.

import { report, setup } from './common.mjs';
import { challenges, libraries } from './dpop_clients.mjs';

const origin = new URL(setup.api).origin;
const unchanged = (url, request) => [url, request];
let attack = unchanged; // changes requests to the API after the library has made them
let answers = []; // of the API to the requests of one call
let last; // the arguments of fetch for the last request to the API

async function send(url, request) {
  if (new URL(url).origin !== origin) return fetch(url, request);
  last = attack(url, request);
  const response = await fetch(...last);
  // Each minute, another answer has a nonce too: the next one.
  const asked = /use_dpop_nonce/.test(response.headers.get('www-authenticate')) && response.headers.has('dpop-nonce');
  answers.push(response.status + (asked ? ' with a nonce' : ''));
  return response;
}

const lib = await libraries[setup.library](setup.clientID, setup.secret, send);

// bound returns a token and the holder of its key. A token that is not as requested would prove nothing.
async function bound(format, { alg = 'ES256', name = alg, scope = 'items:read items:write', change, holder } = {}) {
  holder ??= await lib.holder(alg, (header, claims) => {
    header.alg = name;
    change?.(claims);
  });
  const { token, type } = await issue(format, holder, alg, scope);
  if (type !== 'dpop') throw new Error(`got token_type ${type}`);
  if (format === 'JWT') {
    const { cnf } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
    if (cnf.jkt !== await holder.calculateThumbprint()) throw new Error(`got cnf ${JSON.stringify(cnf)}`);
  } else if (token.includes('.')) {
    throw new Error('got a JWT');
  }
  return { holder, token };
}

async function issue(format, holder, alg, scope) {
  const resource = `${setup.resource}?${format === 'JWT' ? `alg=${alg}` : 'opaque'}`;
  const { access_token: token, token_type: type } = await lib.credentials(holder, { resource, scope });
  return { token, type };
}

// call sends a request. It returns the status of each answer, and then what the library makes of the last one: the body,
// or the challenges.
async function call({ holder, token }, route = 'GET /items') {
  answers = [];
  const [method, path] = route.split(' ');
  try {
    const response = await lib.request(holder, token, method, new URL(setup.api + path));
    return [...answers, await response.json()];
  } catch (err) {
    return [...answers, challenges(err)];
  } finally {
    attack = unchanged;
  }
}

// used returns a token and the holder of its key, who has called the API and so has its nonce.
async function used(format, options) {
  const party = await bound(format, options);
  await lib.request(party.holder, party.token, 'GET', new URL(`${setup.api}/me`));
  return party;
}

const withToken = (token) => (url, request) => [url, { ...request, headers: { ...request.headers, authorization: `DPoP ${token}` } }];

const flows = {};
for (const format of ['JWT', 'opaque']) {
  // The libraries write Ed25519 (RFC 9864). EdDSA is the older name for the same signatures.
  for (const name of ['ES256', 'ES384', 'PS256', 'Ed25519', 'EdDSA']) {
    flows[`${format}, ${name}`] = async () => {
      const party = await bound(format, { alg: name === 'EdDSA' ? 'Ed25519' : name, name });
      return { first: await call(party), next: await call(party, 'POST /items'), query: await call(party, 'GET /items?page=2#end') };
    };
  }
  Object.assign(flows, {
    [`${format}, its claims`]: async () => call(await used(format), 'GET /me'),
    [`${format}, without the scope`]: async () => call(await used(format, { scope: 'items:write' })),
    [`${format}, sent as Bearer`]: async () => call({ token: (await used(format)).token }),
    [`${format}, with the key of another client`]: async () => call({ ...await bound(format), holder: await lib.holder('ES256') }),
    [`${format}, a request sent again`]: async () => {
      const party = await used(format);
      const [once] = await call(party);
      const sent = last;
      attack = () => sent;
      return { once, again: await call(party) };
    },
    [`${format}, a proof for another path`]: async () => {
      const party = await used(format);
      attack = (url, request) => [url.replace('/items', '/me'), request];
      return call(party);
    },
    [`${format}, a proof for another method`]: async () => {
      const party = await used(format);
      attack = (url, request) => [url, { ...request, method: 'POST' }];
      return call(party);
    },
    [`${format}, a proof for another token`]: async () => {
      const { holder, token } = await used(format);
      const other = await bound(format, { holder });
      attack = withToken(other.token);
      return call({ holder, token });
    },
    [`${format}, a clock that is an hour slow`]: async () => {
      let hour = 0;
      const party = await bound(format, { change: (claims) => { claims.iat -= hour; } });
      hour = 3600;
      return call(party);
    },
    [`${format}, an unknown nonce`]: async () => {
      let unknown;
      const party = await used(format, { change: (claims) => { claims.nonce = unknown ?? claims.nonce; unknown = undefined; } });
      unknown = 'unknown';
      return call(party);
    },
    [`${format}, not bound, as Bearer`]: async () => call(await issue(format, undefined, 'ES256', 'items:read')),
    [`${format}, not bound, with a proof`]: async () => call({ ...await issue(format, undefined, 'ES256', 'items:read'), holder: await lib.holder('ES256') }),
  });
}

flows['opaque, revoked'] = async () => {
  const party = await used('opaque');
  await lib.revoke(party.token);
  return call(party);
};

await report(flows);
