// npm oauth4webapi knows only the URL of an API. It follows the challenge to the metadata and to the authorization
// server, gets a token, and calls the API.

import * as oauth from 'oauth4webapi';

const { resource, clientID, secret } = JSON.parse(process.env.SETUP);
const options = { [oauth.allowInsecureRequests]: true };
const items = new URL(`${resource}/items`);

async function challengeOf(promise) {
  try {
    await promise;
  } catch (err) {
    if (err instanceof oauth.WWWAuthenticateChallengeError) return { status: err.status, ...err.cause.find(({ scheme }) => scheme === 'bearer') };
    throw err;
  }
  throw new Error('there is no challenge');
}

const { status, scheme, parameters } = await challengeOf(oauth.protectedResourceRequest('unknown', 'GET', items, undefined, null, options));

const metadata = await oauth.processResourceDiscoveryResponse(new URL(resource), await fetch(parameters.resource_metadata));
const wellKnown = await oauth.processResourceDiscoveryResponse(new URL(resource), await oauth.resourceDiscoveryRequest(new URL(resource), options));
const elsewhere = await oauth.processResourceDiscoveryResponse(items, await fetch(parameters.resource_metadata)).catch((err) => err.code);

const issuer = new URL(metadata.authorization_servers[0]);
const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options }));
const client = { client_id: clientID };
const { access_token: token } = await oauth.processClientCredentialsResponse(as, client, await oauth.clientCredentialsGrantRequest(
  as, client, oauth.ClientSecretBasic(secret), { resource: metadata.resource, scope: 'items:read' }, options,
));
const answer = await oauth.protectedResourceRequest(token, 'GET', items, undefined, null, options);

console.log(JSON.stringify({
  challenge: { status, scheme, error: parameters.error, resource_metadata: parameters.resource_metadata },
  metadata, wellKnown, elsewhere, answer: { status: answer.status, ...await answer.json() },
}));
