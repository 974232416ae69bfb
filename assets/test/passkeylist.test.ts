import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Stale } from '../src/connecttoken';
import { passkeyList } from '../src/passkeylist';
import { component, settle, shown, site, stepUp } from './corbadopage';

const notice = '<div class="cb-notification-container cb-error-notification">Check your connection</div>';
const add = '<button class="cb-passkey-list-append-button">Add a passkey</button>';
const item = '<div class="cb-passkey-list-item"></div>';
const empty = '<div class="cb-passkey-list-empty"></div>';
const loader = '<div class="cb-passkey-list-loader"></div>';

for (const type of ['passkey-delete', 'passkey-append'] as const) {
  test(`the list says when the sign-in is too old for ${type}, in front of nothing`, async () => {
    void passkeyList();
    await settle();
    component().innerHTML = item;
    document.body.insertAdjacentHTML('beforeend', '<div class="cb-modal"><h2>Delete?</h2><svg class="cb-modal-exit-icon"></svg></div>');
    const dialog = document.querySelector('.cb-modal')!;
    dialog.querySelector('svg')!.addEventListener('click', () => dialog.remove());
    await settle();
    site.answer = stepUp;
    await assert.rejects(site.mounted.connectTokenProvider(type), Stale);
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
  site.answer = async () => new Response('{}', { status: 401 });
  await assert.rejects(site.mounted.connectTokenProvider('passkey-delete'));
  assert.deepEqual([shown(), component().hidden], ['expired', true]);
});

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
  site.answer = async () => new Response('{}', { status: 502 });
  await assert.rejects(site.mounted.connectTokenProvider('passkey-delete'));
  assert.equal(shown(), undefined);
  await assert.rejects(site.mounted.connectTokenProvider('passkey-list'));
  assert.deepEqual([shown(), component().hidden], ['unavailable', true]);
});

test('an ended session is said, and the error that follows is not', async () => {
  void passkeyList();
  await settle();
  site.answer = async () => new Response('{}', { status: 401 });
  await assert.rejects(site.mounted.connectTokenProvider('passkey-list'));
  component().innerHTML = notice + empty + add;
  await settle();
  assert.equal(shown(), 'expired');
});

test('the list says when the component has crashed', async () => {
  void passkeyList();
  await settle();
  component().innerHTML = '';
  site.dom.window.dispatchEvent(new site.dom.window.Event('error'));
  mock.timers.tick(1);
  assert.equal(shown(), 'unavailable');
});

for (const [name, steps, want] of [
  ['deleted', ['passkey-delete', loader, item], [{ status: 'removed' }]],
  ['deleted, the last one', ['passkey-delete', empty, 'passkey-delete', empty], [{ status: 'removed' }]],
  ['added', ['passkey-append', item + item + item], [{ status: 'added' }]],
  ['not deleted', ['passkey-delete', loader, item + item], []],
  ['gone from the page because it did not load', ['passkey-delete', notice + empty, item + item], []],
  ['gone without a permission', [item], []],
] as const) {
  test(`the list reports a passkey that was ${name}`, async () => {
    void passkeyList();
    await settle();
    component().innerHTML = item + item;
    await settle();
    for (const step of steps) {
      if (step.startsWith('passkey-')) {
        await site.mounted.connectTokenProvider(step as 'passkey-delete');
      } else {
        component().innerHTML = step;
      }
      await settle();
    }
    assert.deepEqual(site.results, want);
  });
}
