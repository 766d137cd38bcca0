// npm oauth4webapi or openid-client gets tokens from the mock server that are bound to a key (RFC 9449), refreshes them,
// and uses them at UserInfo and at an API.

import { report, setup } from './common.mjs';
import { challenges, libraries } from './dpop_clients.mjs';

let asked = new Set(); // the paths that needed a nonce in one flow
let last; // the arguments of fetch for the last request
let again; // the arguments of an earlier request, to send it instead of the next one

async function send(...request) {
  last = again ?? request;
  again = undefined;
  const response = await fetch(...last);
  if (/use_dpop_nonce/.test(response.headers.get('www-authenticate') + await response.clone().text())) asked.add(new URL(last[0]).pathname);
  return response;
}

const library = libraries[setup.library];
const clients = {
  confidential: await library('test-client', 'test-secret', send),
  public: await library('test-public', undefined, send),
  required: await library('required', 'required', send), // is registered with dpop_bound_access_tokens
};

// answer describes the answer to a request: the type of the new token, accepted, or the error that the library reports.
async function answer(promise) {
  try {
    return (await promise).token_type ?? 'accepted';
  } catch (err) {
    return `${err.status} ${err.error ?? challenges(err)}`;
  }
}

// uses sends requests with a token: with its key, without a proof, with another key, and the first request again.
async function uses(lib, holder, request) {
  const own = await answer(request(holder));
  const sent = last;
  const bearer = await answer(request());
  const other = await answer(request(await lib.holder('ES256')));
  again = sent;
  return { own, bearer, other, again: await answer(request(holder)) };
}

// used describes a token, and the answers to requests with it. UserInfo refuses tokens that are not about a user.
async function used(lib, holder, { access_token: token, token_type: type, refresh_token: refresh }) {
  const { cnf, sub } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
  const items = new URL('/items', setup.api);
  return {
    type, bound: cnf.jkt === await holder.calculateThumbprint(), refresh: !!refresh,
    api: await uses(lib, holder, (DPoP) => lib.request(DPoP, token, 'GET', items)),
    userinfo: await uses(lib, holder, (DPoP) => lib.userinfo(DPoP, token, sub)),
  };
}

const flows = {};
function flow(name, run) {
  flows[name] = async () => {
    asked = new Set();
    const result = await run();
    return { ...result, asked: [...asked] };
  };
}

// The ways to an authorization code: whether the request is pushed, and whether it has dpop_jkt.
const ways = { code: {}, 'code with dpop_jkt': { jkt: true }, 'pushed code': { pushed: true }, 'pushed code with dpop_jkt': { pushed: true, jkt: true } };

async function authorize(lib, holder, { pushed, jkt } = {}, named = holder) {
  return lib.authorize(holder, { scope: 'openid items:read', ...jkt && { dpop_jkt: await named.calculateThumbprint() } }, pushed);
}
const login = async (lib, holder) => lib.redeem(holder, await authorize(lib, holder));

for (const name of ['confidential', 'public']) {
  const lib = clients[name];
  for (const [way, how] of Object.entries(ways)) {
    flow(`${name}, ${way}`, async () => {
      const holder = await lib.holder('ES256');
      return used(lib, holder, await lib.redeem(holder, await authorize(lib, holder, how)));
    });
    flow(`${name}, ${way}, other keys`, async () => {
      const holder = await lib.holder('ES256');
      const code = await authorize(lib, holder, how);
      return {
        other: await answer(lib.redeem(await lib.holder('ES256'), code)), bearer: await answer(lib.redeem(undefined, code)),
        own: await answer(lib.redeem(holder, code)),
      };
    });
  }
  flow(`${name}, pushed code with dpop_jkt of another key`, async () => {
    const [holder, other] = [await lib.holder('ES256'), await lib.holder('ES256')];
    return { pushed: await answer(authorize(lib, holder, { pushed: true, jkt: true }, other)) };
  });
  flow(`${name}, refresh`, async () => {
    const holder = await lib.holder('ES256');
    const { refresh_token } = await login(lib, holder);
    return used(lib, holder, await lib.refresh(holder, refresh_token));
  });
  flow(`${name}, refresh, other keys`, async () => {
    const holder = await lib.holder('ES256');
    let token = (await login(lib, holder)).refresh_token;
    const refreshed = (DPoP) => answer(lib.refresh(DPoP, token).then((tokens) => {
      token = tokens.refresh_token;
      return tokens;
    }));
    return { other: await refreshed(await lib.holder('ES256')), bearer: await refreshed(), own: await refreshed(holder) };
  });
}
flow('confidential, refresh with a new key', async () => {
  const lib = clients.confidential;
  const { refresh_token } = await login(lib, await lib.holder('ES256'));
  const holder = await lib.holder('ES256');
  return used(lib, holder, await lib.refresh(holder, refresh_token));
});

const credentials = (lib, holder) => lib.credentials(holder, { scope: 'items:read' });

for (const alg of ['ES256', 'ES384', 'ES512', 'PS256', 'RS256', 'Ed25519']) {
  flow(`confidential, client credentials, ${alg}`, async () => {
    const lib = clients.confidential;
    const holder = await lib.holder(alg);
    return used(lib, holder, await credentials(lib, holder));
  });
}
flow('required, client credentials', async () => {
  const lib = clients.required;
  return { bearer: await answer(credentials(lib)), own: await answer(credentials(lib, await lib.holder('ES256'))) };
});

const lib = clients.confidential;
const changes = {
  'a clock that is an hour slow': (claims) => { claims.iat -= 3600; },
  'for another path': (claims) => { claims.htu += '/other'; },
  'for another method': (claims) => { claims.htm = 'GET'; },
};
for (const [name, change] of Object.entries(changes)) {
  flow(`a proof, ${name}`, async () => ({ own: await answer(credentials(lib, await lib.holder('ES256', (header, claims) => change(claims)))) }));
}
flow('a proof, sent again', async () => {
  const holder = await lib.holder('ES256');
  const own = await answer(credentials(lib, holder));
  again = last;
  return { own, again: await answer(credentials(lib, holder)) };
});
flow('a proof, with an unknown nonce', async () => {
  let unknown;
  const holder = await lib.holder('ES256', (header, claims) => {
    claims.nonce = unknown ?? claims.nonce;
    unknown = undefined;
  });
  const own = await answer(credentials(lib, holder));
  asked = new Set();
  unknown = 'unknown';
  return { own, unknown: await answer(credentials(lib, holder)) };
});

await report(flows);
