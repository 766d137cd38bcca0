// A single-page application without a library: fetch, the Web Crypto API, and an iframe.
import { origin, scope, record, run, signInBy, requestUserinfo } from '/app.js';

const issuer = document.body.dataset.issuer;
const metadata = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

// authorize returns the URL of an authorization request, and the values that are needed to redeem its code.
async function authorize(more) {
  const verifier = random(), state = random();
  const challenge = base64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier)));
  const query = new URLSearchParams({
    client_id: 'test-public', response_type: 'code', redirect_uri: `${origin}/callback`, scope, state,
    code_challenge: challenge, code_challenge_method: 'S256', ...more,
  });
  return { url: `${metadata.authorization_endpoint}?${query}`, verifier, state };
}

// redeem exchanges the code in the answer to a request for tokens.
async function redeem(answer, { verifier, state }) {
  if (answer.get('state') !== state || answer.get('iss') !== issuer) {
    throw new Error(`the answer ${answer} does not match a request of this application`);
  }
  return tokens({ grant_type: 'authorization_code', code: answer.get('code'), redirect_uri: `${origin}/callback`, code_verifier: verifier });
}

async function tokens(form) {
  const response = await fetch(metadata.token_endpoint, { method: 'POST', body: new URLSearchParams({ client_id: 'test-public', ...form }) });
  if (!response.ok) {
    throw new Error(`${response.status} ${await response.text()}`);
  }
  return response.json();
}

// signInSilently gets tokens in an iframe, with the session of the browser at the server.
async function signInSilently() {
  const request = await authorize({ prompt: 'none', response_mode: 'fragment' });
  const frame = document.createElement('iframe');
  const answered = new Promise((resolve) => addEventListener('message', (e) => e.origin === origin && resolve(e.data), { once: true }));
  frame.src = request.url;
  document.body.append(frame);
  const fragment = await answered;
  frame.remove();
  return redeem(new URLSearchParams(fragment.slice(1)), request);
}

await run({
  '/start': () => signInBy(async () => {
    const request = await authorize({});
    sessionStorage.setItem('request', JSON.stringify(request));
    location.assign(request.url);
  }),
  framed: () => parent.postMessage(location.hash, origin),
  async '/callback'() {
    const first = await redeem(new URLSearchParams(location.search), JSON.parse(sessionStorage.getItem('request')));
    const about = JSON.parse((await requestUserinfo(metadata.userinfo_endpoint, first.access_token)).body);
    record({ sub: about.sub, email: about.email, scope: first.scope, state: 'first' });

    const framed = await signInSilently();
    const refreshed = await tokens({ grant_type: 'refresh_token', refresh_token: framed.refresh_token });
    record({
      framed: framed.access_token !== first.access_token,
      refreshed: refreshed.access_token !== framed.access_token,
      userinfo: (await requestUserinfo(metadata.userinfo_endpoint, refreshed.access_token)).status,
    });

    for (const token of [refreshed.access_token, refreshed.refresh_token]) {
      await fetch(metadata.revocation_endpoint, { method: 'POST', body: new URLSearchParams({ client_id: 'test-public', token }) });
    }
    const revoked = await requestUserinfo(metadata.userinfo_endpoint, refreshed.access_token);
    record({ revoked: revoked.status, challenge: revoked.challenge.includes('invalid_token') });
    location.assign(`${metadata.end_session_endpoint}?${new URLSearchParams({
      id_token_hint: refreshed.id_token ?? framed.id_token, post_logout_redirect_uri: `${origin}/`, state: 'last',
    })}`);
  },
  '/': () => record({ out: new URLSearchParams(location.search).get('state') }),
});
