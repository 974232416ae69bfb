// The twenty points in which the page differs from the vendor's snippet, each
// with the real widget of both generations. Points that only a generator can
// keep (9, 12, 15 and 17 in part) have their tests in signinpage_test.go too.
import assert from 'node:assert/strict';
import { afterEach, mock, test } from 'node:test';
import { closePages, openPage, settle } from './browser.mjs';
import { clientId, idpId, stateHandle } from './okta.mjs';

const widgets = { g2: 'okta-sign-in.min.js', g3: 'okta-sign-in.next.js' };
const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiIxIn0.c2ln';

afterEach(async () => {
  mock.reset();
  await closePages();
});

function both(name, run) {
  for (const [generation, widget] of Object.entries(widgets)) {
    test(`${name} (${generation})`, () => run((knobs = {}) => openPage({ widget, handOff: 'state-token', ...knobs }), generation));
  }
}

const shown = (p) => p.until(() => p.passkeyShown(), 'the component is shown');
const form = (p) => p.until(() => p.widgetShown() && p.$('input[name="identifier"]'), 'the form is shown');
const conventional = (p) => assert.deepEqual([p.widgetShown(), p.passkeyShown(), p.seen.crashes], [true, false, []]);
const buttons = (p) =>
  p.all('.okta-idps-container a, button[data-se*="social-auth-"]').filter((b) => b.style.display !== 'none' && b.closest('.sign-in-with-idp')?.style.display !== 'none').map((b) => b.textContent.trim());

both('01 the signed data is encoded', async (page) => {
  const p = await page();
  await shown(p);
  p.mount().onComplete('eyJ.a+b/c=.x-_', 'state');
  assert.deepEqual(p.seen.visits, [`${p.okta.base}/sso/idps/${idpId}?stateToken=02.id.STATE%7Ec.abc&login_hint=eyJ.a%2Bb%2Fc%3D.x-_`]);
  assert.equal(new URL(p.seen.visits[0]).searchParams.get('stateToken'), stateHandle);
});

both("02 completes although the provider's button is not there", async (page, generation) => {
  const p = await page({ idps: [] });
  await shown(p);
  p.mount().onComplete(jwt, 'state');
  const state = new URL(p.seen.visits[0]).searchParams.get('stateToken');
  assert.equal(state, generation === 'g2' ? '02.id.PAGE' : stateHandle);
  assert.deepEqual(p.seen.crashes, []);
});

both('03 takes the right provider, not the first', async (page) => {
  const p = await page({ idps: [7, 0, 8] });
  await shown(p);
  p.mount().onComplete(jwt);
  assert.equal(new URL(p.seen.visits[0]).pathname, `/sso/idps/${idpId}`);
  assert.deepEqual(buttons(p), ['Sign in with Corbado7', 'Sign in with Corbado8']);
});

both('04 hides only the button of Corbado, and survives its absence', async (page) => {
  const none = await page({ idps: [] });
  await shown(none);
  assert.deepEqual(none.seen.crashes, []);
  const twins = await page({ idps: [5, 0], names: { 5: 'Our Corbado0' } });
  await shown(twins);
  assert.deepEqual(buttons(twins), ['Sign in with Our Corbado0']);
  const many = await page({ idps: [...Array(12).keys()], withPassword: true });
  await shown(many);
  assert.equal(buttons(many).includes('Sign in with Corbado0'), false);
  assert.equal(buttons(many).length, 11);
});

both('04 leaves no "or" without a choice', async (page) => {
  const hidden = (e) => e !== null && (e.style.display === 'none' || hidden(e.parentElement));
  const words = (p) => p.all('#okta-login-container *').filter((e) => e.children.length === 0 && /^or$/i.test(e.textContent.trim()) && !hidden(e));
  for (const idpDisplay of [undefined, 'PRIMARY', 'SECONDARY']) {
    const alone = await page({ config: { idpDisplay } });
    await shown(alone);
    assert.equal(words(alone).length, 0, idpDisplay);
    const choice = await page({ idps: [0, 5], config: { idpDisplay } });
    await shown(choice);
    assert.equal(words(choice).length, 1, idpDisplay);
  }
});

both('05 a blocked or broken script leaves the form', async (page) => {
  for (const component of ['blocked', 'brings nothing', 'throws']) {
    const p = await page({ component });
    await form(p);
    await settle();
    conventional(p);
    assert.equal(p.againShown(), false);
  }
});

both('05 a slow script leaves the form to busy hands', async (page) => {
  for (const touch of ['keydown', 'pointerdown']) {
    const p = await page({ component: 'slow' });
    await form(p);
    p.$('input[name="identifier"]').dispatchEvent(new p.window.Event(touch, { bubbles: true }));
    p.component();
    await settle();
    conventional(p);
    assert.equal(p.seen.mounts.length, 0);
    p.$('#passkeys-again').click();
    await shown(p);
  }
});

both('05 a script that comes after four seconds does not take the form away', async (page) => {
  const p = await page({ component: 'slow' });
  await p.until(() => p.seen.reports.some((r) => r.includes('in time')), 'gives up');
  p.component();
  await settle();
  conventional(p);
  assert.equal(p.againShown(), true);
});

both('05 a component that shows nothing gives the form back', async (page) => {
  const p = await page({ component: 'shows nothing' });
  await p.until(() => p.seen.mounts.length === 1, 'mounts');
  await form(p);
  conventional(p);
  assert.equal(p.seen.reports.length, 1);
});

both('05 an error of the component gives the form back', async (page) => {
  const p = await page();
  await shown(p);
  p.mount().onError('1');
  conventional(p);
});

both('06 back to sign in mounts nothing again, and keeps the form', async (page) => {
  const p = await page();
  await shown(p);
  p.mount().onFallback('u+tag@example.com', 'Not usable');
  await p.submit();
  await p.until(() => p.$('input[type="password"]'), 'the password view');
  await p.until(() => !p.againShown(), 'the page knows of the password view');
  assert.deepEqual([p.widgetShown(), p.message()], [true, '']);
  p.$('[data-se="cancel"]').click();
  await form(p);
  await settle();
  conventional(p);
  assert.deepEqual([p.seen.mounts.length, p.all('#passkeys-component').length, p.againShown()], [1, 1, true]);
  const sent = p.okta.calls.find((call) => call.path === '/idp/idx/identify');
  assert.equal(JSON.parse(sent.body).identifier, 'u+tag@example.com');
});

both("07 Okta's own message is seen", async (page) => {
  const p = await page({ message: 'Unable to authenticate at this time' });
  await settle();
  conventional(p);
  assert.match(p.$('#okta-login-container').textContent, /There was a problem signing you into your identity provider/);
  assert.equal(p.againShown(), true);
  p.$('#passkeys-again').click();
  await settle();
  assert.equal(p.passkeyShown(), true);
});

both("07 Okta's message to a form that was sent is seen", async (page) => {
  const p = await page({ refuse: 'You do not have permission.' });
  await shown(p);
  p.mount().onFallbackSilent('u@example.com');
  await p.submit();
  await p.until(() => /There was a problem signing you into/.test(p.$('#okta-login-container').textContent), 'the message');
  await settle();
  conventional(p);
});

both('08 works on this generation, and says so where it cannot', async (page, generation) => {
  const p = await page({ page: 'g3', app: clientId });
  await shown(p);
  assert.deepEqual(p.seen.reports.filter((r) => r.includes('generation')).length, generation === 'g2' ? 1 : 0);
  const blocked = await page({ component: 'blocked' });
  await form(blocked);
  await p.until(() => blocked.seen.reports.some((r) => /did not load/.test(r)), 'a report');
});

both("09 the hand-off goes to Okta's base URL", async (page) => {
  const p = await page({ handOff: 'from-uri' });
  await shown(p);
  p.mount().onComplete(jwt);
  assert.equal(new URL(p.seen.visits[0]).origin, p.okta.base);
  assert.equal(p.mount().projectId, 'pro-1234567890');
  assert.equal(p.mount().frontendApiUrlSuffix, 'frontendapi.cloud.corbado.io');
  assert.equal('customDomain' in p.mount(), false);
});

both('10 a fallback fills the form in, in any view', async (page) => {
  const p = await page();
  await shown(p);
  p.mount().onFallback('u@example.com', null);
  assert.equal(p.$('input[name="identifier"]').value, 'u@example.com');
  assert.equal(p.message(), '');
  await p.submit();
  await p.until(() => p.$('input[type="password"]'), 'the password view');
  p.mount().onFallback('late@example.com', 'late');
  p.mount().onComplete(jwt);
  assert.deepEqual([p.message(), p.seen.visits, p.seen.crashes], ['', [], []]);
});

both('11 a message is text, once, and needs nothing of the form', async (page) => {
  const p = await page();
  await shown(p);
  p.mount().onFallback('', '<img src=x onerror=alert(1)>');
  assert.equal(p.message(), '<img src=x onerror=alert(1)>');
  assert.equal(p.all('#passkeys-message img').length, 0);
  p.mount().onFallback('', 'again');
  assert.equal(p.message(), '<img src=x onerror=alert(1)>');
});

both('12 there is one widget, and it is drawn', async (page) => {
  const p = await page();
  await shown(p);
  assert.equal(p.all('#okta-login-container form').length, 1);
  assert.equal(p.okta.calls.filter((call) => call.path === '/idp/idx/introspect').length, 1);
});

both('13 fromURI only where the request can run again', async (page) => {
  const p = await page({ handOff: 'auto' });
  await shown(p);
  for (const [query, parameter] of [
    ['?client_id=x&state=a%2Bb', 'fromURI'],
    ['?client_id=x&prompt=login', 'stateToken'],
    ['?client_id=x&max_age=0', 'stateToken'],
    ['?client_id=x&request_uri=urn%3Aokta%3A1', 'stateToken'],
    ['?client_id=x&request=eyJ', 'stateToken'],
    ['', 'stateToken'],
  ]) {
    p.window.history.replaceState(null, '', p.window.location.pathname + query + '#top');
    p.mount().onComplete(jwt);
    const { searchParams } = new URL(p.seen.visits.pop());
    assert.deepEqual([...searchParams.keys()], [parameter, 'login_hint'], query);
    if (parameter === 'fromURI') {
      assert.equal(searchParams.get('fromURI'), p.window.location.href.replace('#top', ''));
    }
    await p.comeBack();
  }
});

both('13 what Okta itself would go on with is held against the same rule', async (page) => {
  for (const [relayState, parameter, fromURI] of [
    ['/oauth2/default/v1/authorize?client_id=x&state=s', 'fromURI', '/oauth2/default/v1/authorize?client_id=x&state=s'],
    ['/oauth2/default/v1/authorize?client_id=x&prompt=login', 'stateToken', null],
    ['/oauth2/v1/authorize/redirect?okta_key=k', 'fromURI', '/oauth2/v1/authorize/redirect?okta_key=k'],
    ['', 'fromURI', undefined],
  ]) {
    const p = await page({ handOff: 'auto', config: { relayState } });
    await shown(p);
    p.mount().onComplete(jwt);
    const { searchParams } = new URL(p.seen.visits[0]);
    assert.deepEqual([...searchParams.keys()], [parameter, 'login_hint'], relayState);
    assert.equal(searchParams.get('fromURI'), fromURI === undefined ? p.window.location.href : fromURI);
    await closePages();
  }
});

both('13 a foreign relayState is not followed', async (page) => {
  for (const [relayState, fromURI] of [
    ['https://evil.example/', undefined],
    ['//evil.example/', undefined],
    ['/oauth2/v1/authorize/redirect?okta_key=k', '/oauth2/v1/authorize/redirect?okta_key=k'],
  ]) {
    const p = await page({ handOff: 'from-uri', config: { relayState } });
    await shown(p);
    p.mount().onComplete(jwt);
    assert.equal(new URL(p.seen.visits[0]).searchParams.get('fromURI'), fromURI ?? p.window.location.href);
    await closePages();
  }
});

both('14 only what looks signed goes into a URL, and once', async (page) => {
  const p = await page();
  await shown(p);
  p.mount().onComplete(jwt, 'state');
  p.mount().onComplete(jwt, 'state');
  p.mount().onFallback('u@example.com', 'late');
  assert.equal(p.seen.visits.length, 1);
  assert.equal(p.passkeyShown(), true);
  await p.comeBack();
  for (const odd of [undefined, null, '', 'cs', 'a.b', 'a.b.c&fromURI=x', '<a>.b.c', { session: 'x' }, 42, `${'x'.repeat(6000)}.b.c`]) {
    p.mount().onComplete(odd);
    assert.equal(p.seen.visits.length, 1);
    assert.match(p.message(), /did not work/);
    conventional(p);
    p.$('#passkeys-again').click();
    assert.deepEqual([p.message(), p.passkeyShown()], ['', true]);
  }
});

both('15 nothing of the user is logged, and the alert has its role', async (page) => {
  const p = await page();
  await shown(p);
  p.mount().onFallback('u@example.com', 'Not usable');
  assert.deepEqual(p.seen.reports, []);
  assert.equal(p.$('#passkeys-message').getAttribute('role'), 'alert');
});

both('16 the conventional form ends the request for autofill', async (page) => {
  const p = await page();
  await shown(p);
  const controller = new p.window.AbortController();
  p.mount().onConditionalLoginStart(controller);
  p.$('#passkeys-other').click();
  assert.equal(controller.signal.aborted, true);
  conventional(p);
});

both('17 script and style carry the nonce, the script its hash', async (page) => {
  const p = await page({ page: 'g3' });
  await shown(p);
  const [script] = p.seen.scripts;
  assert.equal(script.nonce, 'n0nce');
  assert.equal(p.seen.styles[0].nonce, 'n0nce');
  assert.match(script.integrity, /^sha256-/);
  assert.equal(script.crossOrigin, 'anonymous');
  assert.equal(script.src, 'https://cdn.example.com/web-js-1.2.3.min.js');
  assert.equal(p.mount().customDomain, 'https://passkeys.example.com');
});

both('18 other apps of the brand see nothing of it', async (page) => {
  for (const app of ['0oaother000000000000', null]) {
    const p = await page({ page: 'g3', app });
    await form(p);
    await settle();
    conventional(p);
    assert.deepEqual([p.seen.scripts.length, p.seen.mounts.length, buttons(p).length], [0, 0, 1]);
  }
});

both('19 focus goes along, and each way has a way back', async (page) => {
  const p = await page();
  await shown(p);
  const { document } = p.window;
  assert.equal(document.activeElement.id, 'passkeys-title');
  assert.equal(p.$('#passkeys-signin').getAttribute('aria-labelledby'), 'passkeys-title');
  p.$('#passkeys-other').click();
  assert.equal(document.activeElement.name, 'identifier');
  assert.equal(p.againShown(), true);
  p.$('#passkeys-again').click();
  assert.deepEqual([p.passkeyShown(), p.widgetShown(), p.seen.mounts.length, p.seen.unmounts], [true, false, 2, 1]);
  assert.equal(document.activeElement.id, 'passkeys-title');
});

both('20 an old transaction offers to reload', async (page) => {
  const p = await page();
  await shown(p);
  const later = p.window.Date.now() + 61 * 60_000;
  p.window.Date.now = () => later;
  p.mount().onComplete(jwt);
  assert.deepEqual(p.seen.visits, []);
  assert.match(p.message(), /open for too long/);
  assert.equal(p.$('#passkeys-reload').hidden, false);
});

both('20 a page that comes back from the cache offers the form', async (page) => {
  const p = await page();
  await shown(p);
  p.mount().onComplete(jwt);
  p.window.dispatchEvent(Object.assign(new p.window.Event('pageshow'), { persisted: true }));
  conventional(p);
  assert.equal(p.againShown(), true);
});
