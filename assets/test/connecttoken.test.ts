import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectToken, SessionEnded, Stale } from '../src/connecttoken';
import { site, stepUp } from './corbadopage';

test('a connect token or a rejection, never undefined', async () => {
  assert.equal(await connectToken('/t', 'passkey-list'), 'ctk1_x');
  for (const [status, body] of [
    [502, '{"error":"corbado_unavailable"}'],
    [200, '{}'],
    [200, '{"secret":""}'],
    [200, '{"secret":1}'],
    [200, 'no JSON'],
  ] as const) {
    site.answer = async () => new Response(body, { status });
    await assert.rejects(connectToken('/t', 'passkey-list'), (error) => !(error instanceof SessionEnded));
  }
  for (const body of ['{}', '{"error":"login_required"}', 'no JSON', 'null']) {
    site.answer = async () => new Response(body, { status: 401 });
    await assert.rejects(connectToken('/t', 'passkey-list'), SessionEnded);
  }
  site.answer = stepUp;
  await assert.rejects(connectToken('/t', 'passkey-delete'), Stale);
});
