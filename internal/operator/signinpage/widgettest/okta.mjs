// A stand-in for Okta around the real Sign-In Widget: it renders the template,
// serves the widget's files, and answers the calls that the widget makes.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const dist = join(dirname(createRequire(import.meta.url).resolve('@okta/okta-signin-widget/package.json')), 'dist');
export const stateHandle = '02.id.STATE~c.abc';
export const idpId = '0oacorbado0000000000';
export const clientId = '0oaclient00000000000';
const idp = (i) => '0oacorbado' + String(i).padStart(10, '0');

/** Starts Okta. knobs: idps (ids by number), withPassword, message, slowScript, script, config, app, page, query. */
export async function startOkta(knobs) {
  const calls = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) {
      body += chunk;
    }
    const { pathname } = new URL(request.url, 'http://localhost');
    calls.push({ path: pathname, body });
    const ion = (value) => {
      response.writeHead(200, { 'content-type': 'application/ion+json; okta-version=1.0.0' });
      response.end(JSON.stringify(value));
    };
    const file = (type, text) => {
      response.writeHead(200, { 'content-type': type });
      response.end(text);
    };
    const steps = answers(base, knobs);
    switch (pathname) {
      case '/oauth2/v1/authorize':
        return file('text/html', await page(base, knobs));
      case '/idp/idx/introspect':
        return ion(steps.identify(knobs.message));
      case '/idp/idx/identify':
        return ion(knobs.refuse ? steps.identify(knobs.refuse) : steps.password);
      case '/idp/idx/cancel':
        return ion(steps.identify());
    }
    if (pathname.startsWith('/dist/')) {
      try {
        const type = pathname.endsWith('.js') ? 'text/javascript' : pathname.endsWith('.json') ? 'application/json' : 'text/css';
        return file(type, await readFile(join(dist, pathname.slice(6))));
      } catch {
        // falls through: a language that is not there
      }
    }
    response.writeHead(404);
    response.end();
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const base = `http://localhost:${server.address().port}`;
  return { base, calls, stop: () => new Promise((done) => (server.closeAllConnections(), server.close(done))) };
}

async function page(base, knobs) {
  const html = await readFile(join(folder, '../testdata', `${knobs.page ?? 'both'}.html`), 'utf8');
  const config = {
    baseUrl: base, stateToken: '02.id.PAGE', features: {}, language: 'en', logo: '', i18n: { en: {} },
    assets: { baseUrl: `${base}/dist` }, ...knobs.config,
  };
  const context = knobs.app === null ? 'undefined' : JSON.stringify({ app: { value: { id: knobs.app ?? clientId } } });
  const values = {
    '{{{SignInWidgetResources}}}': `<script src="/dist/js/${knobs.widget}" nonce="n0nce"></script>`,
    '{{{OktaUtil}}}': `<script nonce="n0nce">window.OktaUtil = {
      getSignInWidgetConfig: () => (${JSON.stringify(config)}), getRequestContext: () => (${context}), completeLogin() {} };</script>`,
    '{{nonceValue}}': 'n0nce', '{{pageTitle}}': 'Acme', '{{faviconUrl}}': '/f.ico', '{{themedStylesUrl}}': '/t.css', '{{bgImageUrl}}': "url('/b')",
    '{{#useSiwGen3}}': '', '{{/useSiwGen3}}': '',
  };
  let out = html;
  for (const [name, value] of Object.entries(values)) {
    out = out.replaceAll(name, () => value);
  }
  if (knobs.handOff) {
    out = out.replace(/handOff&#34;:&#34;[a-z-]+/, () => `handOff&#34;:&#34;${knobs.handOff}`);
  }
  // jsdom neither navigates nor fetches foreign scripts: the tests do.
  return out.replace('location.assign(url)', 'window.visit(url)');
}

function answers(base, { idps = [0], withPassword, names = {} }) {
  const handle = { name: 'stateHandle', required: true, value: stateHandle, visible: false, mutable: false };
  const ion = { accepts: 'application/json; okta-version=1.0.0', produces: 'application/ion+json; okta-version=1.0.0', method: 'POST', rel: ['create-form'] };
  const passcode = { name: 'credentials', type: 'object', form: { value: [{ name: 'passcode', label: 'Password', secret: true }] }, required: true };
  const state = (rest) => ({
    version: '1.0.0', stateHandle, expiresAt: new Date(Date.now() + 7200e3).toISOString(), intent: 'LOGIN',
    cancel: { ...ion, name: 'cancel', href: `${base}/idp/idx/cancel`, value: [handle] },
    app: { type: 'object', value: { name: 'oidc_client', label: 'Legacy app', id: clientId } },
    authentication: { type: 'object', value: { protocol: 'OAUTH2.0', request: { scope: 'openid' } } }, ...rest,
  });
  const authenticator = { type: 'object', value: { type: 'password', key: 'okta_password', id: 'aut1', displayName: 'Password', methods: [{ type: 'password' }] } };
  return {
    identify: (message) => state({
      remediation: { type: 'array', value: [
        { ...ion, name: 'identify', href: `${base}/idp/idx/identify`,
          value: [{ name: 'identifier', label: 'Username', required: true }, ...(withPassword ? [passcode] : []), { name: 'rememberMe', type: 'boolean', label: 'Remember' }, handle] },
        ...idps.map((i) => ({ name: 'redirect-idp', type: 'OIDC', idp: { id: idp(i), name: names[i] ?? `Corbado${i}` }, href: `${base}/sso/idps/${idp(i)}?stateToken=${stateHandle}`, method: 'GET' })),
      ] },
      ...(withPassword ? { currentAuthenticator: authenticator } : {}),
      ...(message ? { messages: { type: 'array', value: [{ message, i18n: { key: 'idx.identity.provider.auth.error' }, class: 'ERROR' }] } } : {}),
    }),
    password: state({
      remediation: { type: 'array', value: [{ ...ion, name: 'challenge-authenticator', relatesTo: ['$.currentAuthenticatorEnrollment'], href: `${base}/idp/idx/challenge/answer`, value: [passcode, handle] }] },
      currentAuthenticatorEnrollment: authenticator,
      user: { type: 'object', value: { id: '00u1', identifier: 'u@example.com' } },
    }),
  };
}
