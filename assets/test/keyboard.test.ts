import assert from 'node:assert/strict';
import { test } from 'node:test';
import { giveKeys } from '../src/keyboard';
import { component, settle, site } from './corbadopage';

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
    control.dispatchEvent(new site.dom.window.KeyboardEvent('keydown', { key, bubbles: true }));
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
  document.body.dispatchEvent(new site.dom.window.KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
  await settle();
  assert.equal(document.activeElement, opener);
  assert.equal(document.querySelector('main')!.inert, false);
});
