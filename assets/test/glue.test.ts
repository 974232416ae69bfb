// The scripts of the pages in a DOM, against a component that behaves as the
// published versions do.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { JSDOM } from 'jsdom';
import { forgetUser, keepOnlyFor } from '../src/clientstate';
import { connectToken, SessionEnded, Stale } from '../src/connecttoken';
import type { AppendOptions, ListOptions } from '../src/corbado';
import { giveKeys } from '../src/keyboard';
import { offer } from '../src/offer';
import { passkeyList } from '../src/passkeylist';

const settings = {
  projectId: 'pro-1',
  frontendApiUrlSuffix: 'frontendapi.example',
  scripts: ['https://cdn.example/a.js'],
  styles: ['https://cdn.example/a.css'],
  tokenPath: '/passkeys/connect-token',
  resultPath: '/passkeys/append/result',
  returnPath: '/deals?a=1',
  user: 'alice',
};

let dom: JSDOM;
let results: Record<string, unknown>[];
let visited: string[];
let answer: (path: string) => Promise<Response>;
let mounted: AppendOptions & ListOptions;
let script: 'loads' | 'fails' | 'hangs' | 'brings nothing';

// Node 18, as Debian 12 has it, takes the list alone.
const [major] = process.versions.node.split('.');
const fakeTimeouts = () => (Number(major) < 20 ? mock.timers.enable(['setTimeout'] as never) : mock.timers.enable({ apis: ['setTimeout'] }));

beforeEach(() => {
  fakeTimeouts();
  results = [];
  visited = [];
  script = 'loads';
  answer = async () => new Response('{"secret":"ctk1_x"}');
  open(settings);
});
afterEach(() => mock.timers.reset());

function open(page: object) {
  dom = new JSDOM(
    `<header></header><main>
       <p data-state="loading" hidden></p><p data-state="unavailable" hidden></p><p data-state="expired" hidden></p>
       <p data-state="confirm" hidden><a href="/passkeys/login?step_up=600">Confirm it's you</a></p>
       <div id="component"></div><a id="skip" href="/deals?a=1" data-unavailable="Continue to Acme">Not now</a>
     </main>`,
    { url: 'https://app.example.com/passkeys/append' },
  );
  const { window } = dom;
  const { document } = window;
  Object.assign(globalThis, {
    window,
    document,
    localStorage: window.localStorage,
    HTMLElement: window.HTMLElement,
    MutationObserver: window.MutationObserver,
    MouseEvent: window.MouseEvent,
    fetch: async (path: string, init: RequestInit) => {
      if (path === settings.resultPath) {
        results.push(JSON.parse(init.body as string));
      }
      return answer(path);
    },
  });
  component().dataset.settings = JSON.stringify(page);
  const mount = (element: HTMLElement, options: AppendOptions & ListOptions) => {
    mounted = options;
    element.innerHTML = '<div class="cb-connect"><button>Activate</button></div>';
  };
  document.head.append = (...nodes) => {
    const element = nodes[0] as HTMLScriptElement;
    assert.equal(window.__fpjs_d_m, true);
    if (script === 'loads') {
      window.Corbado = {
        mountCorbadoConnectAppend: mount,
        mountCorbadoConnectPasskeyList: mount,
        unmountCorbadoConnectPasskeyList: (element) => {
          element.innerHTML = '';
        },
      };
    }
    if (script !== 'hangs') {
      queueMicrotask(() => (script === 'fails' ? element.onerror!('') : element.onload!({} as Event)));
    }
  };
  document.head.prepend = (...nodes) => queueMicrotask(() => (nodes[0] as HTMLLinkElement).onload!({} as Event));
}

const component = () => document.getElementById('component')!;
const shown = () => document.querySelector<HTMLElement>('[data-state]:not([hidden])')?.dataset.state;
const go = (path: string) => void visited.push(path);

/** Lets everything happen that waits for promises and DOM observers only. */
async function settle() {
  for (let i = 0; i < 50; i++) {
    await new Promise((done) => setImmediate(done));
  }
}

async function offered() {
  void offer(go);
  await settle();
}

async function ends(status: string, clientState?: string) {
  await settle();
  assert.deepEqual(results, [clientState === undefined ? { status } : { status, clientState }]);
  assert.deepEqual(visited, ['/deals?a=1']);
}

test('shows that it is loading until the component is there', async () => {
  script = 'hangs';
  await offered();
  assert.equal(shown(), 'loading');
});

test('mounts with the suffix, or with the custom domain alone', async () => {
  await offered();
  assert.equal(mounted.frontendApiUrlSuffix, 'frontendapi.example');
  assert.equal('customDomain' in mounted, false);
  open({ ...settings, frontendApiUrlSuffix: undefined, customDomain: 'https://auth.example.com' });
  await offered();
  assert.equal(mounted.customDomain, 'https://auth.example.com');
  assert.equal('frontendApiUrlSuffix' in mounted, false);
});

for (const [name, status, call] of [
  ['complete without arguments', 'complete', () => mounted.onComplete()],
  ['complete by a newer word', 'complete', () => mounted.onComplete('user-completed')],
  ['nothing to do', 'complete-noop', () => mounted.onComplete('complete-noop')],
  ['nothing to do after error 4', 'complete-noop', () => (mounted.onError('4'), mounted.onComplete())],
  ['skip that nobody clicked', 'not-offered', () => mounted.onSkip()],
  ['skip after a click', 'skip', () => (component().querySelector('button')!.click(), mounted.onSkip())],
  ['skip by the user, in words', 'skip', () => mounted.onSkip('user-skipped')],
  ['refused by the rollout', 'not-offered', () => mounted.onSkip('gradual-rollout-denied')],
  ['a word that is new', 'not-offered', () => mounted.onSkip('something-else')],
  ['dead screen', 'error', () => (mounted.onError('1'), mounted.onSkip())],
  ['error without a code', 'error', () => mounted.onError()],
  ['skip after the user cancelled', 'skip', () => (component().querySelector('button')!.click(), mounted.onError('3'), mounted.onSkip())],
] as const) {
  test(`outcome: ${name}`, async () => {
    await offered();
    call();
    await ends(status);
  });
}

test('the client state goes along when it is a string', async () => {
  await offered();
  mounted.onComplete('complete', 'eyJhIjoxfQ==');
  await ends('complete', 'eyJhIjoxfQ==');
  open(settings);
  results = [];
  await offered();
  mounted.onComplete('complete', { state: 1 });
  await settle();
  assert.deepEqual(results, [{ status: 'complete' }]);
});

test('callbacks that fire twice navigate once', async () => {
  await offered();
  mounted.onError('1');
  mounted.onSkip();
  mounted.onSkip();
  mounted.onComplete();
  await ends('error');
});

test('a cancelled ceremony keeps the screen', async () => {
  await offered();
  mounted.onError('3');
  await settle();
  assert.deepEqual([results, visited], [[], []]);
});

test('the app is not hostage to a result that hangs', async () => {
  answer = () => new Promise(() => undefined);
  await offered();
  mounted.onComplete();
  await settle();
  assert.deepEqual(visited, []);
  mock.timers.tick(1500);
  await ends('complete');
});

for (const broken of ['fails', 'brings nothing'] as const) {
  test(`the app is not hostage to a script that ${broken}`, async () => {
    script = broken;
    await offered();
    assert.deepEqual([shown(), component().hidden], ['unavailable', true]);
    assert.equal(document.getElementById('skip')!.textContent, 'Continue to Acme');
    await ends('unavailable');
  });
}

test('the app is not hostage to a script that hangs', async () => {
  script = 'hangs';
  await offered();
  mock.timers.tick(7999);
  await settle();
  assert.deepEqual(visited, []);
  mock.timers.tick(1);
  await settle();
  assert.equal(shown(), 'unavailable');
  await ends('unavailable');
});

test('a crash of the component counts as unavailable', async () => {
  await offered();
  component().innerHTML = '';
  dom.window.dispatchEvent(new dom.window.Event('error'));
  mock.timers.tick(1);
  await ends('unavailable');
});

test('an ended session is said, and the callbacks that follow go nowhere', async () => {
  answer = async () => new Response('{}', { status: 401 });
  await offered();
  await assert.rejects(mounted.appendTokenProvider());
  mounted.onError('2');
  mounted.onSkip();
  await settle();
  assert.equal(shown(), 'expired');
  assert.deepEqual([results, visited], [[], []]);
});

const stepUp = async () => new Response('{"error":"step_up_required","max_age":600}', { status: 401 });

test('a sign-in that is too old is said at once, and the component not loaded', async () => {
  open({ ...settings, stale: true });
  await offered();
  assert.deepEqual([shown(), component().hidden, component().innerHTML], ['confirm', true, '']);
  document.getElementById('skip')!.click();
  await ends('skip');
});

test('a sign-in that has become too old is said, and the callbacks that follow go nowhere', async () => {
  answer = stepUp;
  await offered();
  await assert.rejects(mounted.appendTokenProvider(), Stale);
  mounted.onError('2');
  mounted.onSkip();
  await settle();
  assert.deepEqual([shown(), component().hidden], ['confirm', true]);
  assert.deepEqual([results, visited], [[], []]);
});

test('Not now is a skip', async () => {
  await offered();
  document.getElementById('skip')!.click();
  mock.timers.tick(1);
  await ends('skip');
});

test('Not now tells the component first, and does not wait for it for ever', async () => {
  await offered();
  let told = 0;
  component().innerHTML = '<div class="cb-append-skip">Skip</div>';
  component().firstElementChild!.addEventListener('click', () => told++);
  document.getElementById('skip')!.click();
  mock.timers.tick(799);
  await settle();
  assert.deepEqual(visited, []);
  mock.timers.tick(1);
  await ends('skip');
  assert.equal(told, 1);
});

for (const own of ['cb-append-skip', 'cb-append-after-error-fallback', 'cb-append-after-hybrid-login-fallback']) {
  test(`the app is not hostage to a component that takes long over its own ${own}`, async () => {
    await offered();
    component().innerHTML = `<div><div class="${own}">Skip</div></div>`;
    component().querySelector<HTMLElement>(`.${own}`)!.click();
    mock.timers.tick(799);
    await settle();
    assert.deepEqual(visited, []);
    mock.timers.tick(1);
    await ends('skip');
  });
}

test('Not now on the success screen is complete', async () => {
  await offered();
  component().innerHTML = '<div class="cb-append-benefits-icons"></div>';
  document.getElementById('skip')!.click();
  await ends('complete');
});

test('Not now in a new tab is an ordinary link', async () => {
  await offered();
  const click = new dom.window.MouseEvent('click', { ctrlKey: true, bubbles: true, cancelable: true });
  document.getElementById('skip')!.addEventListener('click', (event) => assert.equal(event.defaultPrevented, false));
  document.addEventListener('click', (event) => event.preventDefault());
  document.getElementById('skip')!.dispatchEvent(click);
  mock.timers.tick(1000);
  await settle();
  assert.deepEqual(results, []);
});

test('a connect token or a rejection, never undefined', async () => {
  assert.equal(await connectToken('/t', 'passkey-list'), 'ctk1_x');
  for (const [status, body] of [
    [502, '{"error":"corbado_unavailable"}'],
    [200, '{}'],
    [200, '{"secret":""}'],
    [200, '{"secret":1}'],
    [200, 'no JSON'],
  ] as const) {
    answer = async () => new Response(body, { status });
    await assert.rejects(connectToken('/t', 'passkey-list'), (error) => !(error instanceof SessionEnded));
  }
  for (const body of ['{}', '{"error":"login_required"}', 'no JSON', 'null']) {
    answer = async () => new Response(body, { status: 401 });
    await assert.rejects(connectToken('/t', 'passkey-list'), SessionEnded);
  }
  answer = stepUp;
  await assert.rejects(connectToken('/t', 'passkey-delete'), Stale);
});

for (const type of ['passkey-delete', 'passkey-append'] as const) {
  test(`the list says when the sign-in is too old for ${type}, in front of nothing`, async () => {
    void passkeyList();
    await settle();
    component().innerHTML = item;
    document.body.insertAdjacentHTML('beforeend', '<div class="cb-modal"><h2>Delete?</h2><svg class="cb-modal-exit-icon"></svg></div>');
    const dialog = document.querySelector('.cb-modal')!;
    dialog.querySelector('svg')!.addEventListener('click', () => dialog.remove());
    await settle();
    answer = stepUp;
    await assert.rejects(mounted.connectTokenProvider(type), Stale);
    mock.timers.tick(1);
    await settle();
    assert.deepEqual([shown(), component().hidden, component().innerHTML], ['confirm', true, '']);
    assert.equal(document.querySelector('.cb-modal'), null);
    assert.equal(document.querySelector('main')!.inert, false);
  });
}

test('the list says when the session has ended', async () => {
  void passkeyList();
  await settle();
  assert.equal(shown(), undefined);
  answer = async () => new Response('{}', { status: 401 });
  await assert.rejects(mounted.connectTokenProvider('passkey-delete'));
  assert.deepEqual([shown(), component().hidden], ['expired', true]);
});

const notice = '<div class="cb-notification-container cb-error-notification">Check your connection</div>';
const add = '<button class="cb-passkey-list-append-button">Add a passkey</button>';
const item = '<div class="cb-passkey-list-item"></div>';
const empty = '<div class="cb-passkey-list-empty"></div>';
const loader = '<div class="cb-passkey-list-loader"></div>';

for (const [name, screens, want] of [
  ['first load failed', [loader + add, notice + empty + add], 'unavailable'],
  ['first load failed at once', [notice], 'unavailable'],
  ['later load or delete failed', [item + add, notice + empty + add], undefined],
  ['adding the first one failed', [empty + add, notice + empty + add], undefined],
  ['adding failed during the first load', [notice + loader + add, notice + item + add], undefined],
] as const) {
  test(`the list, when the ${name}`, async () => {
    void passkeyList();
    await settle();
    for (const screen of screens) {
      component().innerHTML = screen;
      await settle();
    }
    assert.deepEqual([shown(), component().hidden], [want, want !== undefined]);
  });
}

test('the list says when it gets no token', async () => {
  void passkeyList();
  await settle();
  answer = async () => new Response('{}', { status: 502 });
  await assert.rejects(mounted.connectTokenProvider('passkey-delete'));
  assert.equal(shown(), undefined);
  await assert.rejects(mounted.connectTokenProvider('passkey-list'));
  assert.deepEqual([shown(), component().hidden], ['unavailable', true]);
});

test('an ended session is said, and the error that follows is not', async () => {
  void passkeyList();
  await settle();
  answer = async () => new Response('{}', { status: 401 });
  await assert.rejects(mounted.connectTokenProvider('passkey-list'));
  component().innerHTML = notice + empty + add;
  await settle();
  assert.equal(shown(), 'expired');
});

test('the list says when the component has crashed', async () => {
  void passkeyList();
  await settle();
  component().innerHTML = '';
  dom.window.dispatchEvent(new dom.window.Event('error'));
  mock.timers.tick(1);
  assert.equal(shown(), 'unavailable');
});

test('what the component kept for another user is dropped', () => {
  localStorage.setItem('cbo_connect_process-pro-1', 'x');
  localStorage.setItem('cbo_client_handle', 'x');
  localStorage.setItem('app', 'x');
  keepOnlyFor('alice');
  assert.equal(localStorage.getItem('cbo_connect_process-pro-1'), null);
  localStorage.setItem('cbo_connect_process-pro-1', 'y');
  keepOnlyFor('alice');
  assert.equal(localStorage.getItem('cbo_connect_process-pro-1'), 'y');
  keepOnlyFor('bob');
  assert.equal(localStorage.getItem('cbo_connect_process-pro-1'), null);
  localStorage.setItem('cbo_connect_last_login-pro-1', 'z');
  forgetUser();
  assert.deepEqual(Object.keys(localStorage).sort(), ['app', 'cbo_client_handle']);
});

test('storage that the browser forbids stops nothing', () => {
  Object.defineProperty(globalThis, 'localStorage', {
    configurable: true,
    get() {
      throw new Error('denied');
    },
  });
  keepOnlyFor('alice');
  forgetUser();
  delete (globalThis as { localStorage?: unknown }).localStorage;
});

test('bare controls get roles, names and keys', async () => {
  giveKeys();
  component().innerHTML = `<div class="cb-passkey-list-item"><h2 class="cb-passkey-list-item-title">iCloud</h2>
    <div class="cb-link-button"><svg></svg></div></div><div class="cb-notification-container"></div>`;
  await settle();
  const control = component().querySelector<HTMLElement>('.cb-link-button')!;
  assert.equal(control.getAttribute('role'), 'button');
  assert.equal(control.tabIndex, 0);
  assert.equal(control.getAttribute('aria-label'), 'Delete iCloud');
  assert.equal(component().lastElementChild!.getAttribute('role'), 'alert');
  let clicks = 0;
  control.addEventListener('click', () => clicks++);
  for (const key of ['Enter', ' ', 'a']) {
    control.dispatchEvent(new dom.window.KeyboardEvent('keydown', { key, bubbles: true }));
  }
  assert.equal(clicks, 2);
});

test('the dialog takes the focus, gives it back and closes with Escape', async () => {
  giveKeys();
  const opener = component().appendChild(document.createElement('button'));
  opener.focus();
  const outer = document.body.appendChild(document.createElement('div'));
  outer.innerHTML = '<div class="cb-modal"><h2>Delete passkey</h2><svg class="cb-modal-exit-icon"></svg><button>Delete</button></div>';
  await settle();
  const dialog = outer.firstElementChild!;
  assert.equal(document.activeElement, dialog);
  assert.equal(dialog.getAttribute('aria-label'), 'Delete passkey');
  assert.equal(document.querySelector('main')!.inert, true);
  outer.querySelector('svg')!.addEventListener('click', () => outer.remove());
  document.body.dispatchEvent(new dom.window.KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
  await settle();
  assert.equal(document.activeElement, opener);
  assert.equal(document.querySelector('main')!.inert, false);
});
