// What the two pages around a sign-in do with the fragment of an address.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JSDOM } from 'jsdom';
import { arrive, leave } from '../src/fragment';

const authorize = 'https://login.example.com/authorize?state=x';
let storage: Map<string, string>;

/** Shows a page in the tab and returns where it goes and the cookies it set. */
function show(script: typeof leave, address: string, data: Record<string, string>) {
  const dom = new JSDOM('', { url: `https://app.example.com${address}` });
  Object.assign(dom.window.document.documentElement.dataset, { to: authorize, at: '/orders', marker: 'kept=1; Path=/passkeys/callback', ...data });
  const cookies: string[] = [];
  Object.defineProperty(dom.window.document, 'cookie', { set: (c: string) => cookies.push(c) });
  Object.assign(globalThis, {
    document: dom.window.document,
    location: dom.window.location,
    sessionStorage: {
      getItem: (k: string) => storage.get(k) ?? null,
      setItem: (k: string, v: string) => void storage.set(k, v),
      removeItem: (k: string) => void storage.delete(k),
    },
  });
  let went = '';
  script((to) => (went = to));
  return { went, cookies };
}
const newTab = () => (storage = new Map());

test('a fragment waits in the tab and comes back once', () => {
  newTab();
  const left = show(leave, '/orders#row=7', { fresh: '1' });
  assert.deepEqual(left, { went: authorize, cookies: ['kept=1; Path=/passkeys/callback'] });
  assert.equal(show(arrive, '/passkeys/callback?code=x', { to: '/orders' }).went, '/orders#row=7');
  assert.equal(show(arrive, '/passkeys/callback?code=x', { to: '/orders' }).went, '/orders');
});

test('without a fragment nothing is kept, and what an earlier visit left is dropped', () => {
  newTab();
  show(leave, '/orders#old', { fresh: '1' });
  assert.deepEqual(show(leave, '/orders', { fresh: '1' }), { went: authorize, cookies: [] });
  assert.equal(show(arrive, '/passkeys/callback', { to: '/orders' }).went, '/orders');
});

test('an attempt that is made again keeps the fragment', () => {
  newTab();
  show(leave, '/orders#row=7', { fresh: '1' });
  show(leave, '/passkeys/login?restart=1&return=%2Forders', {});
  assert.equal(show(arrive, '/passkeys/callback', { to: '/orders' }).went, '/orders#row=7');
});

test('a fragment is for its own path, and never replaces one of the server', () => {
  newTab();
  show(leave, '/orders#row=7', { fresh: '1' });
  assert.equal(show(arrive, '/passkeys/callback', { to: '/admin', at: '/admin' }).went, '/admin');
  show(leave, '/orders#row=7', { fresh: '1' });
  assert.equal(show(arrive, '/passkeys/callback', { to: '/orders#top' }).went, '/orders#top');
});

test('the offer of a passkey in between takes the fragment on', () => {
  newTab();
  show(leave, '/orders#row=7', { fresh: '1' });
  assert.equal(show(arrive, '/passkeys/callback', { to: '/passkeys/append?return=%2Forders' }).went, '/passkeys/append?return=%2Forders#row=7');
});

test('open redirect by way of the storage: whatever stands there is only ever a fragment', () => {
  for (const planted of ['{"at":"/orders","hash":"//evil.example","until":9e15}', '{"at":"/orders","hash":7,"until":9e15}', 'null', '{', '"#x"']) {
    newTab().set('passkeys-fragment', planted);
    assert.equal(show(arrive, '/passkeys/callback', { to: '/orders' }).went, '/orders', planted);
  }
});

test('storage that is forbidden costs the fragment and nothing else', () => {
  storage = new Proxy(new Map(), { get: () => () => assert.fail('forbidden') });
  assert.equal(show(leave, '/orders#row=7', { fresh: '1' }).went, authorize);
  assert.equal(show(arrive, '/passkeys/callback', { to: '/orders' }).went, '/orders');
});
