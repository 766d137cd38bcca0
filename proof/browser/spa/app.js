// What both applications share: they report what they saw, when a person has signed in and out again.
export const origin = location.origin;
export const scope = 'openid profile email orders:read';
const key = 'seen';

// see keeps what a step has shown for the report.
export function see(what) {
  sessionStorage.setItem(key, JSON.stringify({ ...seen(), ...what }));
}

export const seen = () => JSON.parse(sessionStorage.getItem(key) ?? '{}');

// run takes the step that belongs to the page that is there.
export async function run(steps) {
  const step = location.pathname === '/callback' && window !== window.parent ? steps.framed : steps[location.pathname];
  try {
    await step();
    if (location.pathname === '/') {
      await report(seen());
    }
  } catch (e) {
    await report({ failed: `${location.pathname}: ${e}` });
  }
}

// signInBy puts a button on the page.
export function signInBy(start) {
  const button = document.createElement('button');
  button.textContent = 'Sign in';
  button.addEventListener('click', start);
  document.body.append(button);
}

const report = (what) => fetch('/report', { method: 'POST', body: JSON.stringify(what) });

// askedWith is how the server answers a question about the person, by an access token.
export async function askedWith(userinfo, token) {
  const response = await fetch(userinfo, { headers: { Authorization: `Bearer ${token}` } });
  return { status: response.status, challenge: response.headers.get('WWW-Authenticate') ?? '', body: await response.text() };
}
