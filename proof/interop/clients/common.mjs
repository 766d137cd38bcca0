// Shared by all clients: the setup of the test, a browser, keys, and the report.

export const setup = JSON.parse(process.env.SETUP);
export const insecure = setup.issuer.startsWith('http:');
export const redirectURI = 'http://127.0.0.1:4711/callback';

// browse opens a page like a browser and returns what the client receives: a URL or, for response_mode=form_post, the
// Request. The name identifies the browser to the server, so that the test can configure what this end user does.
export async function browse(url, name = '') {
  const response = await fetch(url, { redirect: 'manual', headers: { 'testserver-client': name } });
  const page = await response.text();
  const to = response.headers.get('location');
  if (to) return new URL(to);
  const form = page.match(/<form method="post" action="([^"]*)"/);
  if (response.status !== 200 || !form) return { status: response.status };
  const fields = new URLSearchParams();
  for (const [, name, value] of page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)) {
    fields.append(plain(name), plain(value));
  }
  return new Request(plain(form[1]), { method: 'POST', body: fields });
}

export function plain(html) {
  return html.replace(/&#(\d+);/g, (_, n) => String.fromCharCode(n))
    .replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}

const keyTypes = {
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  Ed25519: { name: 'Ed25519' },
};

// privateKey returns the private key of a client.
export async function privateKey(alg) {
  const { alg: _, use, ...jwk } = setup.keys[alg];
  return { key: await crypto.subtle.importKey('jwk', jwk, keyTypes[alg], false, ['sign']), kid: jwk.kid };
}

// assertion returns a JWT for the server, signed by a client's key.
export async function assertion(alg, claims) {
  const { key, kid } = await privateKey(alg);
  const part = (bytes) => Buffer.from(bytes).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const text = [{ alg, kid }, { aud: setup.issuer, iat: now, exp: now + 60, jti: crypto.randomUUID(), ...claims }].map((o) => part(JSON.stringify(o))).join('.');
  return `${text}.${part(await crypto.subtle.sign({ ...keyTypes[alg], hash: 'SHA-256' }, key, new TextEncoder().encode(text)))}`;
}

// outcome describes how a promise settles: accepted, or the OAuth error that the library reports. Other errors are
// rethrown.
export async function outcome(promise) {
  try {
    await promise;
    return 'accepted';
  } catch (err) {
    if (typeof err.code !== 'string' || !err.code.startsWith('OAUTH_')) throw err;
    return [err.code.slice('OAUTH_'.length).toLowerCase(), err.status, err.error].filter(Boolean).join(' ');
  }
}

// report runs the flows one after the other and prints their results.
export async function report(flows) {
  const results = {};
  for (const [name, flow] of Object.entries(flows)) {
    try {
      results[name] = await flow();
    } catch (err) {
      console.error(name, err);
      results[name] = { thrown: String(err), code: err.code, cause: String(err.cause?.message ?? '') };
    }
  }
  console.log(JSON.stringify(results));
}

// summary returns the parts of a token response that are the same in each run.
export function summary(lib, tokens) {
  const { sub, aud } = lib.claims(tokens) ?? {};
  return { type: tokens.token_type, expires: tokens.expires_in, scope: tokens.scope, refresh: !!tokens.refresh_token, sub, aud };
}
