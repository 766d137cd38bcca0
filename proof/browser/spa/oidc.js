// A single-page application with oidc-client-ts, which the page loads as oidc.
import { origin, scope, record, run, signInBy, requestUserinfo } from '/app.js';

const users = new oidc.UserManager({
  authority: document.body.dataset.issuer,
  client_id: 'test-public',
  redirect_uri: `${origin}/callback`,
  silent_redirect_uri: `${origin}/callback`,
  post_logout_redirect_uri: `${origin}/`,
  scope,
  loadUserInfo: true,
  automaticSilentRenew: false,
});

await run({
  '/start': () => signInBy(() => users.signinRedirect({ state: 'first' })),
  framed: () => users.signinSilentCallback(),
  async '/callback'() {
    const first = await users.signinRedirectCallback();
    record({ sub: first.profile.sub, email: first.profile.email, scope: first.scope, state: first.state });

    const framed = await users.signinSilent({ forceIframeAuth: true });
    const refreshed = await users.signinSilent();
    const userinfo = await users.metadataService.getUserInfoEndpoint();
    record({
      framed: framed.access_token !== first.access_token,
      refreshed: refreshed.access_token !== framed.access_token,
      userinfo: (await requestUserinfo(userinfo, refreshed.access_token)).status,
    });

    await users.revokeTokens();
    const revoked = await requestUserinfo(userinfo, refreshed.access_token);
    record({ revoked: revoked.status, challenge: revoked.challenge.includes('invalid_token') });
    await users.signoutRedirect({ state: 'last' });
  },
  async '/'() {
    const back = await users.signoutRedirectCallback();
    record({ out: back.userState });
  },
});
