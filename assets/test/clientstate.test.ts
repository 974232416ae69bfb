import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forgetUser, keepOnlyFor } from '../src/clientstate';
import './corbadopage';

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
