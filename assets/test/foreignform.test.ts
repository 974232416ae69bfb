// The page that posts another site's form again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JSDOM } from 'jsdom';
import { repost } from '../src/foreignform';

function page(html: string): { submitted: HTMLFormElement[] } {
  const { document } = new JSDOM(html, { url: 'https://app.example.com/saml/acs?x=1' }).window;
  Object.assign(globalThis, { document });
  const submitted: HTMLFormElement[] = [];
  repost((form) => submitted.push(form));
  return { submitted };
}

test('the form goes to its own address, once, and leaves nothing to press', () => {
  const { submitted } = page(
    `<form id="repost" method="post" action="" enctype="text/plain"><input type="hidden" name="passkeys-repost" value="sealed"><button></button></form>`,
  );
  assert.equal(submitted.length, 1);
  const form = submitted[0]!;
  assert.deepEqual([form.method, form.enctype, form.action, form.hidden], ['post', 'text/plain', 'https://app.example.com/saml/acs?x=1', true]);
});

test('a page without a form is left alone', () => {
  assert.deepEqual(page('<a href="">Go on</a>').submitted, []);
});
