// What the two pages around a sign-in do with the fragment of an address.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JSDOM } from 'jsdom';
import { arrive, leave, recall } from '../src/fragment';

const authorize = 'https://login.example.com/authorize?state=x';
let storage: Map<string, string>;

/** Shows a page in the tab and returns where it goes and the cookies it set. */
function show(script: (go: (to: string) => void, inFrame: boolean) => void, address: string, data: Record<string, string>, inFrame = false) {
  const dom = new JSDOM('', { url: `https://app.example.com${address}` });
  Object.assign(dom.window.document.documentElement.dataset, {
    to: authorize,
    at: '/orders',
    state: 'f1',
    marker: 'kept=1; Path=/passkeys/callback',
    ...data,
  });
  const cookies: string[] = [];
  Object.defineProperty(dom.window.document, 'cookie', { set: (c: string) => cookies.push(c) });
  Object.assign(globalThis, {
    document: dom.window.document,
    location: dom.window.location,
    history: dom.window.history,
    sessionStorage: {
      getItem: (k: string) => storage.get(k) ?? null,
      setItem: (k: string, v: string) => void storage.set(k, v),
      removeItem: (k: string) => void storage.delete(k),
    },
  });
  let went = '';
  script((to) => (went = to), inFrame);
  return { went, cookies };
}
/** Shows the page that asks the tab, and returns what it posts or where it goes. */
function ask(state: string, data: Record<string, string> = {}) {
  let posted: { action: string; fields: string[][] } | undefined;
  let address = '';
  const { went } = show(
    (go) =>
      recall(go, (form) => {
        posted = { action: form.getAttribute('action')!, fields: [...form.querySelectorAll('input')].map((i) => [i.name, i.value]) };
        address = location.href;
      }),
    `/passkeys/callback?code=secret&state=${state}`,
    { to: '/passkeys/login?restart=1', action: '/passkeys/login?restart=1', state, ...data },
  );
  return { went, posted, address };
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
  for (const planted of [
    '{"state":"f1","at":"/orders","hash":"//evil.example","until":9e15}',
    '{"state":"f1","at":"/orders","hash":7,"until":9e15}',
    '{"at":"/orders","hash":"#x","until":9e15}',
    '{"state":"f1","at":"/orders","hash":"#x","until":1}',
    'null',
    '{',
    '"#x"',
  ]) {
    newTab().set('passkeys-place', planted);
    assert.equal(show(arrive, '/passkeys/callback', { to: '/orders' }).went, '/orders', planted);
  }
});

test('storage that is forbidden costs the fragment and nothing else', () => {
  storage = new Proxy(new Map(), { get: () => () => assert.fail('forbidden') });
  assert.equal(show(leave, '/orders#row=7', { fresh: '1' }).went, authorize);
  assert.equal(show(arrive, '/passkeys/callback', { to: '/orders' }).went, '/orders');
});

test('a tab tells where it wanted to go, for its own attempt only, and not the code', () => {
  newTab();
  show(leave, '/orders?page=2#row=7', { fresh: '1', at: '/orders?page=2', state: 'f1' });
  assert.deepEqual(ask('f2'), { went: '/passkeys/login?restart=1', posted: undefined, address: '' });
  const { went, posted, address } = ask('f1');
  assert.equal(went, '');
  assert.deepEqual(posted, { action: '/passkeys/login?restart=1', fields: [['return', '/orders?page=2']] });
  assert.equal(address, 'https://app.example.com/passkeys/callback');
  // The attempt that comes of it has the fragment still.
  show(leave, '/passkeys/login?restart=1', { at: '/orders?page=2', state: 'r1' });
  assert.equal(show(arrive, '/passkeys/callback', { to: '/orders?page=2', at: '/orders?page=2' }).went, '/orders?page=2#row=7');
  assert.equal(ask('r1').posted, undefined);
});

test('a state of nothing finds nothing', () => {
  for (const planted of [undefined, '{"at":"/orders","hash":"","until":9e15}', '{"state":"","at":"/orders","hash":"","until":9e15}']) {
    newTab();
    if (planted) {
      storage.set('passkeys-place', planted);
    }
    assert.equal(ask('').posted, undefined);
  }
});

test('whatever stands in the storage goes to the server to be checked', () => {
  newTab().set('passkeys-place', '{"state":"f1","at":"//evil.example","hash":"","until":9e15}');
  const { went, posted } = ask('f1');
  assert.equal(went, '');
  assert.deepEqual(posted, { action: '/passkeys/login?restart=1', fields: [['return', '//evil.example']] });
});

test('in a frame it does not go to sign in, and keeps nothing', () => {
  newTab();
  const framed = '/passkeys/login?framed=1&return=%2Forders';
  assert.equal(show(leave, '/orders#x', { framed }, true).went, framed);
  assert.equal(storage.size, 0);
  assert.equal(show(leave, '/orders#x', { framed }, false).went, authorize);
  assert.equal(storage.size, 1);
});
