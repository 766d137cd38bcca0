// A receiver of logout tokens (OpenID Connect Back-Channel Logout 1.0), which verifies them with jose. It prints its URL,
// and runs until its standard input closes. POST sends a logout token. GET returns the claims of those that were accepted.

import { once } from 'node:events';
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { setup } from './common.mjs';

const event = 'http://schemas.openid.net/event/backchannel-logout';
const keys = createRemoteJWKSet(new URL(setup.jwks));
const accepted = [];

// receive validates a logout token as in §2.6. jose has no function for the claims that only logout tokens have.
async function receive(token) {
  const { payload } = await jwtVerify(token, keys, {
    issuer: setup.issuer, audience: setup.clientID, typ: 'logout+jwt', algorithms: ['ES256'], maxTokenAge: '2 minutes',
    requiredClaims: ['exp', 'jti', 'events'],
  });
  const refuse = (claim) => { throw new errors.JWTClaimValidationFailed('', payload, claim, 'invalid'); };
  if (typeof payload.sub !== 'string' && typeof payload.sid !== 'string') refuse('sub');
  if (typeof payload.events?.[event] !== 'object') refuse('events');
  if ('nonce' in payload) refuse('nonce');
  accepted.push(payload);
}

const server = http.createServer(async (req, res) => {
  try {
    if (req.method === 'POST') await receive(new URLSearchParams(await text(req)).get('logout_token'));
    res.end(req.method === 'GET' ? JSON.stringify(accepted) : '');
  } catch (err) {
    res.writeHead(err instanceof errors.JOSEError ? 400 : 500).end([err.code ?? String(err), err.claim, err.reason].filter(Boolean).join(' '));
  }
});
await once(server.listen(0, '127.0.0.1'), 'listening');
console.log(`http://127.0.0.1:${server.address().port}/logout`);
process.stdin.on('end', () => process.exit()).resume();
