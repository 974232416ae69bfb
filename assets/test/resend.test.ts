// The page that keeps a form, and the one that offers to send it again.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { JSDOM } from 'jsdom';
import { dropForm, keepForm, keptForm } from '../src/keptform';
import { offerForm } from '../src/resend';

let dom: JSDOM;
let asked: string[];
let submitted: HTMLFormElement[];
let answer: () => Promise<Response>;

const summary = { path: '/orders?a=1', fields: [{ name: 'item', value: '<b>' }, { name: 'pin', hidden: true }, { name: 'photo', file: 'a.png' }, { name: '' }], more: 2 };

beforeEach(() => {
  asked = [];
  submitted = [];
  answer = async () => new Response(JSON.stringify(summary));
  dom = new JSDOM(
    `<div id="form" data-summary="/passkeys/resume/summary"></div><p data-state="loading" hidden></p>
     <div data-state="ask" hidden><b id="path"></b><dl id="fields"></dl><button id="resend"></button><button id="discard"></button></div>
     <p data-state="none" hidden></p><p data-state="old" hidden></p><p data-state="other" hidden><button id="drop"></button></p>
     <p data-state="failed" hidden></p><p data-state="expired" hidden></p><p data-state="on" hidden></p>`,
    { url: 'https://app.example.com/passkeys/resume' },
  );
  Object.assign(globalThis, {
    document: dom.window.document,
    sessionStorage: dom.window.sessionStorage,
    fetch: async (_: string, init: RequestInit) => {
      asked.push((JSON.parse(init.body as string) as { summary: string }).summary);
      return answer();
    },
  });
});

const offer = () => offerForm((form) => submitted.push(form));
const shown = () => [...dom.window.document.querySelectorAll<HTMLElement>('[data-state]:not([hidden])')].map((e) => e.dataset.state);
const press = (id: string) => dom.window.document.getElementById(id)!.click();
const problem = (error: string) => async () => new Response(JSON.stringify({ error }), { status: 400 });

test('a form is shown, and sent to where it was sent first, once', async () => {
  keepForm({ form: 'sealed', summary: 's' });
  await offer();
  assert.deepEqual(shown(), ['ask']);
  assert.deepEqual(asked, ['s']);
  assert.equal(dom.window.document.getElementById('path')!.textContent, '/orders?a=1');
  assert.equal(dom.window.document.getElementById('fields')!.innerHTML,
    '<dt>item</dt><dd>&lt;b&gt;</dd><dt>pin</dt><dd>•••••</dd><dt>photo</dt><dd>File a.png</dd><dt>(no name)</dt><dd>(empty)</dd><dt>and 2 more</dt>');
  press('resend');
  press('resend');
  assert.equal(submitted.length, 1);
  const [form] = submitted;
  assert.equal(form!.method + ' ' + form!.enctype + ' ' + form!.getAttribute('action'), 'post text/plain /orders?a=1');
  assert.deepEqual([...new dom.window.FormData(form!)], [['passkeys-resend', 'sealed']]);
  assert.equal(keptForm(), undefined);
});

test('a form that is discarded is gone', async () => {
  keepForm({ form: 'sealed', summary: 's' });
  await offer();
  press('discard');
  assert.deepEqual(shown(), ['none', 'on']);
  assert.equal(keptForm(), undefined);
});

test('without a form the page says so', async () => {
  await offer();
  assert.deepEqual(shown(), ['none', 'on']);
  assert.deepEqual(asked, []);
});

for (const [error, state, keeps] of [
  ['form_invalid', 'old', false],
  ['form_of_another_user', 'other', true],
  ['login_required', 'expired', true],
  ['internal_error', 'failed', true],
] as const) {
  test(`the server says ${error}`, async () => {
    keepForm({ form: 'sealed', summary: 's' });
    answer = problem(error);
    await offer();
    assert.deepEqual(shown(), [state, 'on']);
    assert.equal(keptForm() !== undefined, keeps);
    press('drop');
    assert.equal(keptForm(), undefined);
  });
}

test('a server that cannot be reached costs nothing', async () => {
  keepForm({ form: 'sealed', summary: 's' });
  answer = async () => {
    throw new TypeError('network');
  };
  await offer();
  assert.deepEqual(shown(), ['failed', 'on']);
  assert.ok(keptForm());
});

test('storage that is full or forbidden is told', () => {
  Object.assign(globalThis, { sessionStorage: new Proxy({}, { get: () => () => assert.fail('QuotaExceededError') }) });
  assert.equal(keepForm({ form: 'x', summary: 's' }), false);
  assert.equal(keptForm(), undefined);
  dropForm();
});
