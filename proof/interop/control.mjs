// A test suite in a language other than Go. It uses only the ready line, which it reads from standard input, and HTTP.
// It prints a line for each step that passed, and stops at the first step that fails.

import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'

const ready = JSON.parse(readFileSync(0, 'utf8'))

async function control(method, path, body) {
  const response = await fetch(ready.control + path, {
    method,
    headers: { authorization: `Bearer ${ready.control_token}` },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  return { status: response.status, body: await response.json() }
}

async function ok(method, path, body) {
  const { status, body: answer } = await control(method, path, body)
  assert.equal(status, 200, `${method} ${path}: ${JSON.stringify(answer)}`)
  return answer
}

const keys = async () => (await (await fetch(ready.jwks_uri)).json()).keys
const part = (token, i) => JSON.parse(Buffer.from(token.split('.')[i], 'base64url'))

// signed verifies a token like any API, with the key of its header.
async function signed(token) {
  const jwk = (await keys()).find((key) => key.kid === part(token, 0).kid)
  if (jwk === undefined) return false
  const [header, claims, signature] = token.split('.')
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  return verify('sha256', Buffer.from(`${header}.${claims}`), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))
}

async function introspect(token) {
  const credentials = Buffer.from(`${ready.client_id}:${ready.client_secret}`).toString('base64')
  const response = await fetch(ready.introspection_endpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}` },
    body: new URLSearchParams({ token }),
  })
  return response.json()
}

const steps = {
  'the control API requires its token': async () => {
    assert.equal((await fetch(`${ready.control}/v1/clock`)).status, 401)
    assert.equal((await fetch(`${ready.control}/v1/clock`, { headers: { authorization: 'Bearer guess' } })).status, 401)
    assert.equal((await fetch(`${ready.issuer}/v1/clock`, { headers: { authorization: `Bearer ${ready.control_token}` } })).status, 404)
  },
  'a good token is accepted': async () => {
    const { access_token: token } = await ok('POST', '/v1/tokens', { sub: 'alice', scope: 'orders:read', claims: { role: 'admin' } })
    assert.equal(await signed(token), true)
    assert.equal(part(token, 1).iss, ready.issuer)
    assert.equal(part(token, 1).role, 'admin')
    const answer = await introspect(token)
    assert.deepEqual([answer.active, answer.sub, answer.scope], [true, 'alice', 'orders:read'])
  },
  'bad tokens are refused': async () => {
    const { tokens } = await ok('POST', '/v1/bad-tokens', { scope: 'orders:read' })
    assert.ok(tokens.length > 25)
    const named = Object.fromEntries(tokens.map((bad) => [bad.name, bad]))
    assert.equal(named['missing-scope'].expected_status, 403)
    assert.equal(part(named['alg-none'].token, 0).alg, 'none')
    assert.equal(await signed(named['bad-signature'].token), false)
    assert.equal((await introspect(named.expired.token)).active, false)
  },
  'a rotation changes the key set': async () => {
    const before = await keys()
    const old = (await ok('POST', '/v1/tokens')).access_token
    const key = await ok('POST', '/v1/keys/rotate', { drop_old: true })
    assert.deepEqual((await keys()).filter((jwk) => jwk.alg === key.alg).map((jwk) => jwk.kid), [key.kid])
    assert.notEqual(before[0].kid, key.kid)
    assert.equal(await signed(old), false)
    assert.equal(await signed((await ok('POST', '/v1/tokens')).access_token), true)
  },
  'a fault is injected as often as requested': async () => {
    const fault = await ok('POST', '/v1/faults', { endpoint: 'jwks', status: 503, times: 2 })
    const statuses = []
    for (let i = 0; i < 3; i++) statuses.push((await fetch(ready.jwks_uri)).status)
    assert.deepEqual(statuses, [503, 503, 200])
    assert.deepEqual((await ok('GET', '/v1/faults')).faults, [])
    assert.equal((await control('DELETE', `/v1/faults/${fault.id}`)).status, 404)
  },
  'requests are counted': async () => {
    await ok('POST', '/v1/reset')
    await Promise.all([ok('GET', '/v1/requests/wait?endpoint=jwks&n=2&timeout=10s'), keys(), keys()])
    assert.equal((await ok('GET', '/v1/requests/count?endpoint=jwks')).count, 2)
    const { requests } = await ok('GET', '/v1/requests?endpoint=jwks')
    assert.deepEqual(requests.map((request) => request.status), [200, 200])
  },
  'the clock can be advanced': async () => {
    const { access_token: token } = await ok('POST', '/v1/tokens')
    assert.equal((await introspect(token)).active, true)
    await ok('POST', '/v1/clock', { advance: '10m' })
    assert.equal((await introspect(token)).active, false)
  },
  'a client and a user can be added': async () => {
    const client = await ok('POST', '/v1/clients', { id: 'worker', grants: ['client_credentials'] })
    const response = await fetch(ready.token_endpoint, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id: client.id, client_secret: client.secret }),
    })
    const answer = await response.json()
    assert.equal(part(answer.access_token, 1).sub, client.id)
    await ok('DELETE', `/v1/clients/${client.id}`)
    assert.equal((await ok('POST', '/v1/users', { sub: 'bob' })).username, 'bob')
  },
  'a misspelt member is an error': async () => {
    const { status, body } = await control('POST', '/v1/faults', { endpoint: 'jwks', stauts: 503 })
    assert.equal(status, 400)
    assert.match(body.error_description, /^stauts: is unknown/)
  },
}

for (const [name, step] of Object.entries(steps)) {
  await step()
  console.log(name)
}
