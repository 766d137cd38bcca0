// Shared by both applications. They report their results after a user has signed in and out.
export const origin = location.origin;
export const scope = 'openid profile email orders:read';
const key = 'results';

// record stores results of a step for the report.
export function record(more) {
  sessionStorage.setItem(key, JSON.stringify({ ...results(), ...more }));
}

export const results = () => JSON.parse(sessionStorage.getItem(key) ?? '{}');

// run runs the step of the current page.
export async function run(steps) {
  const step = location.pathname === '/callback' && window !== window.parent ? steps.framed : steps[location.pathname];
  try {
    await step();
    if (location.pathname === '/') {
      await report(results());
    }
  } catch (e) {
    await report({ failed: `${location.pathname}: ${e}` });
  }
}

// signInBy adds a sign-in button to the page.
export function signInBy(start) {
  const button = document.createElement('button');
  button.textContent = 'Sign in';
  button.addEventListener('click', start);
  document.body.append(button);
}

const report = (what) => fetch('/report', { method: 'POST', body: JSON.stringify(what) });

// requestUserinfo returns the answer of the UserInfo endpoint to an access token.
export async function requestUserinfo(userinfo, token) {
  const response = await fetch(userinfo, { headers: { Authorization: `Bearer ${token}` } });
  return { status: response.status, challenge: response.headers.get('WWW-Authenticate') ?? '', body: await response.text() };
}
