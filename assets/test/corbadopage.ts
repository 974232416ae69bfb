// A page of ours in a DOM, with a component that behaves as the published
// versions do.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock } from 'node:test';
import { JSDOM } from 'jsdom';
import type { AppendOptions, ListOptions } from '../src/corbado';

export const settings = {
  projectId: 'pro-1',
  frontendApiUrlSuffix: 'frontendapi.example',
  scripts: ['https://cdn.example/a.js'],
  styles: ['https://cdn.example/a.css'],
  tokenPath: '/passkeys/connect-token',
  resultPath: '/passkeys/append/result',
  returnPath: '/deals?a=1',
  user: 'alice',
};

/** What a test sees of the page, and sets. */
interface Site {
  dom: JSDOM;
  /** What the page reported of its outcome, and where it went. */
  results: Record<string, unknown>[];
  visited: string[];
  /** The server's answer to a path. */
  answer: (path: string) => Promise<Response>;
  /** What the component was mounted with. */
  mounted: AppendOptions & ListOptions;
  /** What becomes of Corbado's script. */
  script: 'loads' | 'fails' | 'hangs' | 'brings nothing';
}

export const site = {} as Site;

// Node 18, as Debian 12 has it, takes the list alone.
const [major] = process.versions.node.split('.');
const fakeTimeouts = () => (Number(major) < 20 ? mock.timers.enable(['setTimeout'] as never) : mock.timers.enable({ apis: ['setTimeout'] }));

beforeEach(() => {
  fakeTimeouts();
  site.results = [];
  site.visited = [];
  site.script = 'loads';
  site.answer = async () => new Response('{"secret":"ctk1_x"}');
  open(settings);
});
afterEach(() => mock.timers.reset());

export function open(page: object) {
  site.dom = new JSDOM(
    `<header></header><main>
       <p data-state="loading" hidden></p><p data-state="unavailable" hidden></p><p data-state="expired" hidden></p>
       <p data-state="confirm" hidden><a href="/passkeys/login?step_up=600">Confirm it's you</a></p>
       <div id="component"></div><a id="skip" href="/deals?a=1" data-unavailable="Continue to Acme">Not now</a>
     </main>`,
    { url: 'https://app.example.com/passkeys/append' },
  );
  const { window } = site.dom;
  const { document } = window;
  Object.assign(globalThis, {
    window,
    document,
    localStorage: window.localStorage,
    HTMLElement: window.HTMLElement,
    MutationObserver: window.MutationObserver,
    MouseEvent: window.MouseEvent,
    fetch: async (path: string, init: RequestInit) => {
      if (path === settings.resultPath) {
        site.results.push(JSON.parse(init.body as string));
      }
      return site.answer(path);
    },
  });
  component().dataset.settings = JSON.stringify(page);
  const mount = (element: HTMLElement, options: AppendOptions & ListOptions) => {
    site.mounted = options;
    element.innerHTML = '<div class="cb-connect"><button>Activate</button></div>';
  };
  document.head.append = (...nodes) => {
    const element = nodes[0] as HTMLScriptElement;
    assert.equal(window.__fpjs_d_m, true);
    if (site.script === 'loads') {
      window.Corbado = {
        mountCorbadoConnectAppend: mount,
        mountCorbadoConnectPasskeyList: mount,
        unmountCorbadoConnectPasskeyList: (element) => {
          element.innerHTML = '';
        },
      };
    }
    if (site.script !== 'hangs') {
      queueMicrotask(() => (site.script === 'fails' ? element.onerror!('') : element.onload!({} as Event)));
    }
  };
  document.head.prepend = (...nodes) => queueMicrotask(() => (nodes[0] as HTMLLinkElement).onload!({} as Event));
}

export const component = () => document.getElementById('component')!;
export const shown = () => document.querySelector<HTMLElement>('[data-state]:not([hidden])')?.dataset.state;

/** The server's word that a sign-in is too old. */
export const stepUp = async () => new Response('{"error":"step_up_required","max_age":600}', { status: 401 });

/** Lets everything happen that waits for promises and DOM observers only. */
export async function settle() {
  for (let i = 0; i < 50; i++) {
    await new Promise((done) => setImmediate(done));
  }
}
