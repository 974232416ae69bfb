import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Stale } from '../src/connecttoken';
import { offer } from '../src/offer';
import { component, open, settings, settle, shown, site, stepUp } from './corbadopage';

const go = (path: string) => void site.visited.push(path);

async function offered() {
  void offer(go);
  await settle();
}

async function ends(status: string, clientState?: string) {
  await settle();
  assert.deepEqual(site.results, [clientState === undefined ? { status } : { status, clientState }]);
  assert.deepEqual(site.visited, ['/deals?a=1']);
}

test('shows that it is loading until the component is there', async () => {
  site.script = 'hangs';
  await offered();
  assert.equal(shown(), 'loading');
});

test('mounts with the suffix, or with the custom domain alone', async () => {
  await offered();
  assert.equal(site.mounted.frontendApiUrlSuffix, 'frontendapi.example');
  assert.equal('customDomain' in site.mounted, false);
  open({ ...settings, frontendApiUrlSuffix: undefined, customDomain: 'https://auth.example.com' });
  await offered();
  assert.equal(site.mounted.customDomain, 'https://auth.example.com');
  assert.equal('frontendApiUrlSuffix' in site.mounted, false);
});

for (const [name, status, call] of [
  ['complete without arguments', 'complete', () => site.mounted.onComplete()],
  ['complete by a newer word', 'complete', () => site.mounted.onComplete('user-completed')],
  ['nothing to do', 'complete-noop', () => site.mounted.onComplete('complete-noop')],
  ['nothing to do after error 4', 'complete-noop', () => (site.mounted.onError('4'), site.mounted.onComplete())],
  ['skip that nobody clicked', 'not-offered', () => site.mounted.onSkip()],
  ['skip after a click', 'skip', () => (component().querySelector('button')!.click(), site.mounted.onSkip())],
  ['skip by the user, in words', 'skip', () => site.mounted.onSkip('user-skipped')],
  ['refused by the rollout', 'not-offered', () => site.mounted.onSkip('gradual-rollout-denied')],
  ['a word that is new', 'not-offered', () => site.mounted.onSkip('something-else')],
  ['dead screen', 'error', () => (site.mounted.onError('1'), site.mounted.onSkip())],
  ['error without a code', 'error', () => site.mounted.onError()],
  ['skip after the user cancelled', 'skip', () => (component().querySelector('button')!.click(), site.mounted.onError('3'), site.mounted.onSkip())],
] as const) {
  test(`outcome: ${name}`, async () => {
    await offered();
    call();
    await ends(status);
  });
}

test('the client state goes along when it is a string', async () => {
  await offered();
  site.mounted.onComplete('complete', 'eyJhIjoxfQ==');
  await ends('complete', 'eyJhIjoxfQ==');
  open(settings);
  site.results = [];
  await offered();
  site.mounted.onComplete('complete', { state: 1 });
  await settle();
  assert.deepEqual(site.results, [{ status: 'complete' }]);
});

test('callbacks that fire twice navigate once', async () => {
  await offered();
  site.mounted.onError('1');
  site.mounted.onSkip();
  site.mounted.onSkip();
  site.mounted.onComplete();
  await ends('error');
});

test('a cancelled ceremony keeps the screen', async () => {
  await offered();
  site.mounted.onError('3');
  await settle();
  assert.deepEqual([site.results, site.visited], [[], []]);
});

test('the app is not hostage to a result that hangs', async () => {
  site.answer = () => new Promise(() => undefined);
  await offered();
  site.mounted.onComplete();
  await settle();
  assert.deepEqual(site.visited, []);
  mock.timers.tick(1500);
  await ends('complete');
});

for (const broken of ['fails', 'brings nothing'] as const) {
  test(`the app is not hostage to a script that ${broken}`, async () => {
    site.script = broken;
    await offered();
    assert.deepEqual([shown(), component().hidden], ['unavailable', true]);
    assert.equal(document.getElementById('skip')!.textContent, 'Continue to Acme');
    await ends('unavailable');
  });
}

test('the app is not hostage to a script that hangs', async () => {
  site.script = 'hangs';
  await offered();
  mock.timers.tick(7999);
  await settle();
  assert.deepEqual(site.visited, []);
  mock.timers.tick(1);
  await settle();
  assert.equal(shown(), 'unavailable');
  await ends('unavailable');
});

test('a crash of the component counts as unavailable', async () => {
  await offered();
  component().innerHTML = '';
  site.dom.window.dispatchEvent(new site.dom.window.Event('error'));
  mock.timers.tick(1);
  await ends('unavailable');
});

test('an ended session is said, and the callbacks that follow go nowhere', async () => {
  site.answer = async () => new Response('{}', { status: 401 });
  await offered();
  await assert.rejects(site.mounted.appendTokenProvider());
  site.mounted.onError('2');
  site.mounted.onSkip();
  await settle();
  assert.equal(shown(), 'expired');
  assert.deepEqual([site.results, site.visited], [[], []]);
});

test('a sign-in that is too old is said at once, and the component not loaded', async () => {
  open({ ...settings, stale: true });
  await offered();
  assert.deepEqual([shown(), component().hidden, component().innerHTML], ['confirm', true, '']);
  document.getElementById('skip')!.click();
  await ends('skip');
});

test('a sign-in that has become too old is said, and the callbacks that follow go nowhere', async () => {
  site.answer = stepUp;
  await offered();
  await assert.rejects(site.mounted.appendTokenProvider(), Stale);
  site.mounted.onError('2');
  site.mounted.onSkip();
  await settle();
  assert.deepEqual([shown(), component().hidden], ['confirm', true]);
  assert.deepEqual([site.results, site.visited], [[], []]);
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
  assert.deepEqual(site.visited, []);
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
    assert.deepEqual(site.visited, []);
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
  const click = new site.dom.window.MouseEvent('click', { ctrlKey: true, bubbles: true, cancelable: true });
  document.getElementById('skip')!.addEventListener('click', (event) => assert.equal(event.defaultPrevented, false));
  document.addEventListener('click', (event) => event.preventDefault());
  document.getElementById('skip')!.dispatchEvent(click);
  mock.timers.tick(1000);
  await settle();
  assert.deepEqual(site.results, []);
});
