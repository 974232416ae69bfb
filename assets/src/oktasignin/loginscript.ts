// The login component of Corbado's script. The published versions differ: the
// documented onComplete passes (signedPasskeyData, clientState), an older one a
// session; some callbacks exist in some versions only.
import type { ProviderOptions } from '../corbado';
import type { Settings } from './settings';

export interface LoginOptions extends ProviderOptions {
  onComplete: (signedPasskeyData?: unknown, clientState?: unknown) => void;
  onFallback: (identifier?: unknown, message?: unknown) => void;
  onFallbackSilent: (identifier?: unknown) => void;
  onFallbackCustom: (identifier?: unknown) => void;
  onUnknownUser: (identifier?: unknown) => void;
  onError: (code?: unknown) => void;
  onSignupClick: () => void;
  onHelpClick: () => void;
  /** An older version calls it without looking whether it is there. */
  onLoaded: () => void;
  onLoginStart: () => void;
  onConditionalLoginStart: (controller?: unknown) => void;
}

export interface LoginScript {
  mountCorbadoConnectLogin(element: HTMLElement, options: LoginOptions): void;
  unmountCorbadoConnectLogin?(element: HTMLElement): void;
}

/** The script, once it has run. */
export function loginScript(): LoginScript | undefined {
  const script = (window as unknown as { Corbado?: Partial<LoginScript> }).Corbado;
  return typeof script?.mountCorbadoConnectLogin === 'function' ? (script as LoginScript) : undefined;
}

/**
 * Fetches script and style without holding up the page: a tag in the head would
 * keep the whole sign-in page blank for as long as the CDN takes. The nonce is
 * that of our own script.
 */
export function fetchScript(settings: Settings, nonce: string, came: () => void, failed: () => void) {
  window.__fpjs_d_m = true;
  if (settings.style) {
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = settings.style;
    link.nonce = nonce;
    document.head.append(link);
  }
  const script = document.createElement('script');
  script.async = true;
  script.nonce = nonce;
  if (settings.integrity) {
    script.integrity = settings.integrity;
    script.crossOrigin = 'anonymous';
  }
  script.onload = came;
  script.onerror = failed;
  script.src = settings.script;
  document.head.append(script);
}
