import type { CorbadoScript, ProviderOptions } from './corbado';
import { delay, type Settings } from './page';

/** How long Corbado's script may take, in milliseconds. */
const patience = 8000;

/** How much longer its style sheet may take. */
const stylePatience = 1000;

/** Loads Corbado's component, or rejects when it does not come in time. */
export function load(settings: Settings): Promise<CorbadoScript> {
  window.__fpjs_d_m = true;
  const tooLate = delay(patience).then(() => {
    throw new Error('the component did not load in time');
  });
  return Promise.race([fetchAll(settings), tooLate]);
}

async function fetchAll(settings: Settings): Promise<CorbadoScript> {
  const styled = Promise.all(settings.styles.map(addStyle));
  for (const url of settings.scripts) {
    await addScript(url);
  }
  await Promise.race([styled, delay(stylePatience)]);
  if (!window.Corbado) {
    throw new Error('the script did not bring the component');
  }
  return window.Corbado;
}

function addScript(url: string): Promise<void> {
  return new Promise((done, failed) => {
    const script = document.createElement('script');
    script.onload = () => done();
    script.onerror = () => failed(new Error(`${url} did not load`));
    script.src = url;
    document.head.append(script);
  });
}

// Ahead of our own style sheets, so that these have the last word. A missing
// style sheet keeps nobody from adding a passkey.
function addStyle(url: string): Promise<void> {
  return new Promise((done) => {
    const link = document.createElement('link');
    link.onload = link.onerror = () => done();
    link.rel = 'stylesheet';
    link.href = url;
    document.head.prepend(link);
  });
}

export function providerOptions({ projectId, frontendApiUrlSuffix, customDomain }: Settings): ProviderOptions {
  return {
    projectId,
    ...(frontendApiUrlSuffix ? { frontendApiUrlSuffix } : {}),
    ...(customDomain ? { customDomain } : {}),
  };
}

/**
 * Tells when the component has crashed: React then takes everything out of the
 * mount point and reports the error to the window. One passkey with a date that
 * it cannot read is enough.
 */
export function watchForCrash(mount: HTMLElement, crashed: () => void) {
  const look = () => {
    if (!mount.firstElementChild) {
      crashed();
    }
  };
  window.addEventListener('error', () => setTimeout(look, 0));
}
