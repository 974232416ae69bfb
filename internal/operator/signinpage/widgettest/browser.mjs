// The page in jsdom, with a component that a test controls.
import { webcrypto } from 'node:crypto';
import { JSDOM, VirtualConsole } from 'jsdom';
import { startOkta } from './okta.mjs';

const open = [];

/** Opens the page; `component` says what becomes of Corbado's script. */
export async function openPage(knobs) {
  const okta = await startOkta(knobs);
  const seen = { mounts: [], unmounts: 0, visits: [], reports: [], crashes: [], scripts: [], styles: [] };
  const virtualConsole = new VirtualConsole();
  virtualConsole.on('warn', (text) => String(text).startsWith('passkeys: ') && seen.reports.push(String(text)));
  virtualConsole.on('jsdomError', (error) => !/CSS|navigation|load/i.test(error.message) && seen.crashes.push(error.message));
  const query = knobs.query ?? 'client_id=x&state=a%2Bb';
  const dom = await JSDOM.fromURL(`${okta.base}/oauth2/v1/authorize?${query}`, {
    runScripts: 'dangerously', resources: 'usable', virtualConsole, pretendToBeVisual: true,
    beforeParse: (window) => prepare(window, knobs, seen),
  });
  const { window } = dom;
  const $ = (selector) => window.document.querySelector(selector);
  const p = {
    seen, okta, window, $,
    all: (selector) => [...window.document.querySelectorAll(selector)],
    mount: () => seen.mounts.at(-1).options,
    widgetShown: () => !$('#okta-login-container').hidden,
    passkeyShown: () => !$('#passkeys-signin').hidden,
    againShown: () => !$('#passkeys-again').hidden,
    message: () => ($('#passkeys-message').hidden ? '' : $('#passkeys-message').textContent),
    /** Waits for something to become true. */
    until: async (what, name = String(what)) => {
      for (let i = 0; i < 400; i++) {
        if (what()) {
          return;
        }
        await new Promise((done) => setTimeout(done, 25));
      }
      throw new Error(`never: ${name}; body: ${window.document.body.textContent.slice(0, 300)}`);
    },
    submit: async () => {
      await settle(); // the third generation takes the value over when it next draws
      $('#okta-login-container input[type="submit"], #okta-login-container button[type="submit"]').click();
    },
    /** Back from Okta, and once more to the passkey. */
    comeBack: async () => {
      window.dispatchEvent(Object.assign(new window.Event('pageshow'), { persisted: true }));
      $('#passkeys-again').click();
    },
    component: (how = 'loads') => deliver(window, seen, how),
    close: async () => (window.close(), await okta.stop()),
  };
  open.push(p);
  await p.until(() => $('#okta-login-container form input, #okta-login-container form button'), 'the widget draws its form');
  await settle();
  return p;
}

export const settle = (ms = 300) => new Promise((done) => setTimeout(done, ms));

export async function closePages() {
  for (const p of open.splice(0)) {
    await p.close();
  }
}

// What the widget needs of a browser and jsdom has not.
function prepare(window, knobs, seen) {
  const nothing = () => undefined;
  window.visit = (url) => seen.visits.push(url);
  window.addEventListener('error', (event) => seen.crashes.push(event.message));
  window.addEventListener('unhandledrejection', (event) => seen.crashes.push(String(event.reason)));
  window.matchMedia = () => ({ matches: false, addListener: nothing, removeListener: nothing, addEventListener: nothing, removeEventListener: nothing });
  window.scrollTo = nothing;
  window.CSS ??= { supports: () => false, escape: (x) => x };
  window.TextEncoder = TextEncoder;
  window.TextDecoder = TextDecoder;
  window.fetch = (url, init) => fetch(new URL(url, window.location.href), init);
  Object.assign(window, { Headers, Request, Response });
  Object.defineProperty(window, 'crypto', { value: webcrypto, configurable: true });
  window.HTMLCanvasElement.prototype.getContext = () => new Proxy({}, { get: (_, key) => (key === 'measureText' ? () => ({ width: 10 }) : key === 'canvas' ? {} : () => ({ data: [] })) });
  // Browsers give the focus to nothing that is hidden.
  const { focus } = window.HTMLElement.prototype;
  window.HTMLElement.prototype.focus = function (...options) {
    if (!this.closest('[hidden]')) {
      focus.apply(this, options);
    }
  };
  // Corbado's files go to the test instead of the network.
  const append = window.HTMLHeadElement.prototype.append;
  window.HTMLHeadElement.prototype.append = function (...nodes) {
    const [node] = nodes;
    if (node?.tagName === 'SCRIPT' && /corbado|cdn\.example/.test(node.src)) {
      seen.scripts.push(node);
      if (knobs.component !== 'slow') {
        setTimeout(() => deliver(window, seen, knobs.component ?? 'loads'), 0);
      }
    } else if (node?.tagName === 'LINK' && /corbado|cdn\.example/.test(node.href)) {
      seen.styles.push(node);
    } else {
      append.apply(this, nodes);
    }
  };
}

function deliver(window, seen, how) {
  const script = seen.scripts[0];
  if (how === 'blocked') {
    return script.onerror(new window.Event('error'));
  }
  if (how !== 'brings nothing') {
    window.Corbado = {
      mountCorbadoConnectLogin(element, options) {
        if (how === 'throws') {
          throw new Error('no');
        }
        seen.mounts.push({ element, options });
        element.innerHTML = how === 'shows nothing' ? '<div></div>' : '<input name="email"><button>Continue</button>';
      },
      unmountCorbadoConnectLogin(element) {
        seen.unmounts++;
        element.innerHTML = '';
      },
    };
  }
  script.onload(new window.Event('load'));
}
