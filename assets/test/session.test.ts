// session.js in a page of an app, against a server that says what it is told to.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { JSDOM } from 'jsdom';
import { SessionClient } from '../src/sessionclient';

const origin = 'https://app.example.com';

let dom: JSDOM;
let calls: string[];
let events: string[];
let windows: string[];
let reloads: number;
let channels: Channel[];
let session: object | 401 | 500;
let app: (request: Request) => Promise<Response>;

class Channel {
  onmessage?: (event: { data: unknown }) => void;
  constructor() {
    channels.push(this);
  }
  postMessage(data: unknown) {
    channels.forEach((c) => c !== this && c.onmessage?.({ data }));
  }
  close() {
    channels = channels.filter((c) => c !== this);
  }
}

const alive = (more: object = {}) => ({ iss: 'i', sub: 'alice', now: 1000, ends_at: 4600, expires_at: 9000, ...more });
const refused = () => new Response('{}', { status: 401, headers: { 'Passkeys-Challenge': 'login_required' } });
const settle = async () => {
  for (let i = 0; i < 20; i++) {
    await Promise.resolve();
  }
};

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  [calls, events, windows, channels, reloads, session] = [[], [], [], [], 0, alive()];
  app = async () => new Response('ok');
  dom = new JSDOM('<main></main>', { url: `${origin}/stock` });
  const { window } = dom;
  Object.assign(window.HTMLDialogElement.prototype, {
    showModal(this: HTMLDialogElement) {
      this.setAttribute('open', '');
    },
  });
  for (const what of ['expiring', 'ended', 'renewed', 'user-changed']) {
    window.document.addEventListener(`passkeys:${what}`, () => events.push(what));
  }
  Object.assign(globalThis, {
    document: window.document,
    window: { open: (url: string) => (windows.push(url), {}) },
    location: { origin, reload: () => reloads++ },
    addEventListener: window.addEventListener.bind(window),
    CustomEvent: window.CustomEvent,
    BroadcastChannel: Channel,
    fetch: async (input: string | Request, init?: RequestInit) => {
      if (input === '/passkeys/session') {
        calls.push(init!.method!);
        if (session === 401) {
          return refused();
        }
        return session === 500 ? new Response('', { status: 500 }) : new Response(JSON.stringify(session));
      }
      return app(input as Request);
    },
  });
});
afterEach(() => mock.timers.reset());

async function start(options = {}) {
  const client = new SessionClient({ base: '/passkeys/', warn: 120, ui: true, ...options });
  client.watch();
  await settle();
  return client;
}
async function pass(seconds: number) {
  mock.timers.tick(seconds * 1000);
  await settle();
}
const dialog = () => [...dom.window.document.querySelectorAll('body > div')].map((host) => host.shadowRoot!.querySelector('dialog')!)[0];
const choose = async (label: string) => {
  [...dialog()!.querySelectorAll('button')].find((b) => b.textContent === label)!.click();
  await settle();
};
async function signedInElsewhere(as: object = alive()) {
  session = as;
  new Channel().postMessage('signed-in');
  await settle();
}

test('it warns before the end, by the server’s clock, and renews', async () => {
  const client = await start();
  assert.equal(client.endsAt!.getTime(), Date.now() + 3600_000);
  await pass(3600 - 121);
  assert.deepEqual(events, []);
  session = alive({ now: 4481, ends_at: 4600 });
  await pass(2);
  assert.deepEqual(events, ['expiring']);
  assert.equal(dialog()!.querySelector('h2')!.textContent, 'Your session is about to end');
  session = alive({ now: 4481, ends_at: 8081 });
  await choose('Stay signed in');
  assert.deepEqual(calls, ['GET', 'GET', 'POST']);
  assert.deepEqual(events, ['expiring', 'renewed']);
  assert.equal(dialog(), undefined);
});

test('whoever works is not warned: other requests put the end off', async () => {
  await start();
  session = alive({ now: 4480, ends_at: 8000 });
  await pass(3481);
  assert.deepEqual(events, []);
  assert.equal(dialog(), undefined);
});

test('at the end of the lifetime there is nothing to renew, and a sign-in to make early', async () => {
  session = alive({ ends_at: 1100, expires_at: 1100 });
  const client = await start();
  await choose('Sign in');
  assert.deepEqual(windows, ['/passkeys/login?anew=1&return=%2Fpasskeys%2Fsigned-in']);
  assert.equal(await client.check(), true); // the old session is still alive
  assert.ok(dialog());
  await signedInElsewhere(alive());
  assert.equal(dialog(), undefined);
});

test('an app may show its own warning', async () => {
  dom.window.document.addEventListener('passkeys:expiring', (e) => e.preventDefault());
  session = alive({ ends_at: 1060 });
  await start();
  assert.deepEqual(events, ['expiring']);
  assert.equal(dialog(), undefined);
});

test('a refused call waits for the sign-in and is made again, as it was', async () => {
  const client = await start();
  const bodies: string[] = [];
  let signedIn = false;
  app = async (request) => {
    bodies.push(`${request.method} ${await request.text()}`);
    return signedIn ? new Response('booked') : refused();
  };
  const calls2 = [1, 2].map((n) => client.fetch(`${origin}/book`, { method: 'POST', body: `order ${n}` }));
  await new Promise(setImmediate);
  await settle();
  assert.equal(dom.window.document.querySelectorAll('body > div').length, 1);
  assert.deepEqual(events, ['ended']);
  await choose('Sign in');
  assert.equal(windows.length, 1);
  signedIn = true;
  await signedInElsewhere();
  const answers = await Promise.all(calls2);
  assert.deepEqual(await Promise.all(answers.map((a) => a.text())), ['booked', 'booked']);
  assert.deepEqual(bodies.sort(), ['POST order 1', 'POST order 1', 'POST order 2', 'POST order 2']);
  assert.equal(dialog(), undefined);
});

test('another user does not send what the first one began', async () => {
  const client = await start();
  let sent = 0;
  app = async () => (sent++, refused());
  const call = client.fetch(`${origin}/book`, { method: 'POST', body: 'of alice' });
  await new Promise(setImmediate);
  await settle();
  await signedInElsewhere(alive({ sub: 'bob' }));
  assert.equal((await call).status, 401);
  assert.equal(sent, 1);
  assert.equal(reloads, 1);
  assert.deepEqual(events, ['ended', 'user-changed']);
});

test('who does not want to sign in gets the 401, and is not asked by the clock again', async () => {
  const client = await start();
  app = async () => refused();
  const call = client.fetch(`${origin}/book`);
  await new Promise(setImmediate);
  await settle();
  await choose('Not now');
  assert.equal((await call).status, 401);
  session = 401;
  await client.check();
  assert.equal(dialog(), undefined);
});

test('without dialogs the 401 comes at once, unless the app takes the matter over', async () => {
  const client = await start({ ui: false });
  app = async () => refused();
  assert.equal((await client.fetch(`${origin}/book`)).status, 401);
  dom.window.document.addEventListener('passkeys:ended', (e) => e.preventDefault());
  const call = client.fetch(`${origin}/book`);
  await new Promise(setImmediate);
  app = async () => new Response('ok');
  await signedInElsewhere();
  assert.equal((await call).status, 200);
});

test('a 401 of the app itself, or of another site, is the app’s', async () => {
  const client = await start();
  app = async () => new Response('', { status: 401 });
  assert.equal((await client.fetch(`${origin}/book`)).status, 401);
  app = async () => refused();
  assert.equal((await client.fetch('https://elsewhere.example/book')).status, 401);
  assert.deepEqual(events, []);
});

test('the end is said once, when it comes', async () => {
  session = alive({ ends_at: 1060 });
  await start();
  session = 401;
  await pass(62);
  assert.deepEqual(events, ['expiring', 'ended']);
  assert.equal(dialog()!.querySelector('h2')!.textContent, 'Your session has ended');
});

test('nobody who was not signed in is told of an end, and a server in trouble is none', async () => {
  session = 401;
  await start();
  assert.deepEqual(events, []);
  session = 500;
  await start();
  assert.deepEqual(events, []);
});

test('a window that the browser blocks is told', async () => {
  const client = await start();
  Object.assign(globalThis, { window: { open: () => null } });
  assert.equal(await client.signIn(), false);
});

/** The browser shows the page as it was. */
async function comesBack() {
  const event = new dom.window.Event('pageshow');
  Object.defineProperty(event, 'persisted', { value: true });
  dom.window.dispatchEvent(event);
  const atOnce = dom.window.document.documentElement.style.visibility;
  await settle();
  return [atOnce, dom.window.document.documentElement.style.visibility];
}

test('a page that comes back is seen when its user is still there', async () => {
  await start();
  assert.deepEqual(await comesBack(), ['hidden', '']);
  session = 500; // nothing is known
  assert.deepEqual(await comesBack(), ['hidden', '']);
  assert.equal(reloads, 0);
});

test('a page that comes back after its user left is not seen', async () => {
  await start();
  session = 401;
  assert.deepEqual(await comesBack(), ['hidden', 'hidden']);
  assert.equal(reloads, 1);
  assert.deepEqual(events, []); // no dialog over it
});

test('a page that comes back to another user is not seen', async () => {
  await start();
  session = alive({ sub: 'bob' });
  assert.deepEqual(await comesBack(), ['hidden', 'hidden']);
  assert.equal(reloads, 1);
});

test('a page of which nobody knows whose it was comes anew', async () => {
  session = 500;
  await start();
  session = alive();
  assert.deepEqual(await comesBack(), ['hidden', 'hidden']);
  assert.equal(reloads, 1);
});
