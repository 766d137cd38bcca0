// npm openid-client calls an API that requires the user to authenticate again (RFC 9470).

import * as client from 'openid-client';
import { plain, redirectURI, report, setup } from './common.mjs';

const party = await client.discovery(new URL(setup.issuer), 'test-public', undefined, client.None(), { execute: [client.allowInsecureRequests] });

// A browser with a session. It fills in each form, and stops when it is redirected to the client.
const cookies = new Map();
async function visit(url) {
  const pages = [];
  for (let body; pages.length < 5;) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie }, method: body ? 'POST' : 'GET', body });
    for (const [, name, value] of response.headers.getSetCookie().map((text) => text.match(/^([^=]*)=([^;]*)/))) cookies.set(name, value);
    const to = response.headers.get('location');
    if (to) {
      url = new URL(to, url);
      if (url.href.startsWith(redirectURI)) return { pages, back: url };
      body = undefined;
      continue;
    }
    const page = await response.text();
    const [, action, form] = page.match(/<form method="post" action="([^"]*)"[^>]*>(.*?)<\/form>/s) ?? [];
    if (!form) throw new Error(`got ${response.status} and no form: ${page}`);
    pages.push(page.match(/<h1>(.*?)<\/h1>/)[1]);
    body = new URLSearchParams({ username: 'test-user', password: 'test-password', decision: 'allow' });
    for (const [input] of form.matchAll(/<input type="hidden"[^>]*>|<input type="checkbox"[^>]* checked>/g)) {
      body.append(plain(input.match(/ name="([^"]*)"/)[1]), plain(input.match(/ value="([^"]*)"/)[1]));
    }
    url = new URL(plain(action), url);
  }
  throw new Error(`got no answer after ${pages}`);
}

async function login({ acr_values, max_age } = {}) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const expectedState = client.randomState();
  const { pages, back } = await visit(client.buildAuthorizationUrl(party, {
    redirect_uri: redirectURI, scope: 'openid', resource: setup.resource, state: expectedState, ...max_age && { max_age }, ...acr_values && { acr_values },
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: 'S256',
  }));
  const tokens = await client.authorizationCodeGrant(party, back, { pkceCodeVerifier, expectedState, ...max_age && { maxAge: Number(max_age) } });
  return { pages, token: tokens.access_token };
}

// call returns the status and, if the API refuses the request, what the challenge requires.
async function call({ token }, path) {
  try {
    const { status } = await client.fetchProtectedResource(party, token, new URL(path, setup.api), 'GET');
    return { status };
  } catch (err) {
    if (!(err instanceof client.WWWAuthenticateChallengeError)) throw err;
    const { error, acr_values, max_age } = err.cause.find(({ scheme }) => scheme === 'bearer').parameters;
    return { status: err.status, error, acr_values, max_age };
  }
}

async function moveClock(advance) {
  const { status } = await fetch(`${setup.control}/v1/clock`, {
    method: 'POST', headers: { authorization: `Bearer ${setup.controlToken}` }, body: JSON.stringify({ advance }),
  });
  if (status !== 200) throw new Error(`got ${status} from the clock`);
}

await moveClock('-10m');
const first = await login();
await moveClock('10m');

let latest = first;
const again = (challenge) => async () => {
  latest = await login(challenge);
  return { pages: latest.pages, fresh: await call(latest, '/fresh'), mfa: await call(latest, '/mfa') };
};

await report({
  'a login of ten minutes ago': async () => ({ pages: first.pages, me: await call(first, '/me'), fresh: await call(first, '/fresh'), mfa: await call(first, '/mfa') }),
  'a token of the same session': again(),
  'as the challenge of /fresh asks': async () => again(await call(latest, '/fresh'))(),
  'as the challenge of /mfa asks': async () => again(await call(latest, '/mfa'))(),
});
