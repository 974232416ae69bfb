// When the component is shown, and what its callbacks do. Okta's form is hidden
// only while a mounted component takes its place, and comes back on every doubt.
import { type HandOff, isSigned } from './handoff';
import { fetchScript, loginScript, type LoginOptions } from './loginscript';
import type { RenderContext } from './okta';
import type { Settings } from './settings';
import type { View } from './view';

/** How long the script may take to come, and the component to show something. */
const patience = 4000;

/** Okta's transactions live for about two hours, under some policies for less. */
const transactionLife = 60 * 60 * 1000;

export class PasskeySignIn {
  private readonly opened = Date.now();
  private mounted = false;
  /** The user, the component or an error has decided for Okta's form. */
  private conventional = false;
  private leaving = false;
  private broken = false;
  private loaded = false;
  private busy = false;
  private identifying = false;
  private watchdog: number | undefined;
  private conditional: AbortController | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly view: View,
    private readonly handOff: HandOff,
    private readonly go: (url: string) => void,
  ) {}

  start(nonce: string) {
    this.view.other.addEventListener('click', () => this.fallBack());
    this.view.again.addEventListener('click', () => this.open());
    this.view.reload.addEventListener('click', () => location.reload());
    // A script that comes late must not take the form away from busy hands: they
    // may have clicked, and not yet typed or pasted. What a password manager fills
    // in by itself is nobody's choice, so 'input' does not count.
    for (const touch of ['keydown', 'pointerdown'] as const) {
      this.view.root.addEventListener(touch, () => (this.busy = true), { once: true });
    }
    // Back from Okta into a page that the browser kept: its result is spent.
    window.addEventListener('pageshow', (event) => event.persisted && this.returned());
    const late = setTimeout(() => this.giveUp('the script did not come in time'), patience);
    fetchScript(
      this.settings,
      nonce,
      () => {
        clearTimeout(late);
        this.offer();
      },
      () => {
        clearTimeout(late);
        this.giveUp('the script did not load');
      },
    );
    // The third generation adds messages after it has told that it is done.
    new MutationObserver(() => this.yieldToErrors()).observe(this.view.root, { childList: true, subtree: true });
  }

  /** Okta's widget has drawn a form; the same one again after each error. */
  rendered(context: RenderContext | undefined) {
    this.identifying = isIdentify(context);
    if (this.identifying) {
      this.offer();
    } else {
      this.view.say('');
      this.view.showConventional(false);
    }
  }

  private yieldToErrors() {
    if (this.view.passkeyShown && this.view.oktaSaysError()) {
      this.toConventional();
    }
  }

  /** Shows the component if nothing speaks against it. */
  private offer() {
    if (!this.identifying || this.leaving) {
      return;
    }
    if (this.view.oktaSaysError() || (this.busy && !this.mounted)) {
      this.conventional = true;
    }
    if (!this.conventional && this.mount()) {
      this.view.showPasskey();
    } else {
      this.view.showConventional(this.canOpen());
    }
  }

  private canOpen(): boolean {
    return this.identifying && this.conventional && !this.broken && loginScript() !== undefined;
  }

  /** The user asks for the passkey after all: with a fresh component. */
  private open() {
    this.conventional = false;
    this.view.say('');
    if (this.mounted) {
      this.mounted = false;
      try {
        loginScript()?.unmountCorbadoConnectLogin?.(this.view.mountPoint);
      } catch {
        this.view.mountPoint.replaceChildren();
      }
    }
    if (this.mount()) {
      this.view.showPasskey();
    } else if (this.broken) {
      this.view.say(this.view.text('unavailable'));
      this.view.focusForm('');
    }
  }

  /** Mounts once; false when there is no component. */
  private mount(): boolean {
    const script = loginScript();
    if (!script || this.broken || this.mounted) {
      return this.mounted;
    }
    this.loaded = false;
    this.mounted = true; // before the call: a callback may come during it
    try {
      script.mountCorbadoConnectLogin(this.view.mountPoint, this.options());
    } catch {
      this.mounted = false;
      this.broken = true;
      this.giveUp('the component did not mount');
      return false;
    }
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.watch(), patience);
    return !this.conventional;
  }

  /** A component that shows nothing to act on is not worth hiding a form for. */
  private watch() {
    const alive = this.loaded || this.view.mountPoint.querySelector('input, button, a[href], [role="button"]');
    if (this.view.passkeyShown && !this.leaving && !alive) {
      this.fallBack();
      report('the component shows nothing');
    }
  }

  private options(): LoginOptions {
    const { projectId, frontendApiUrlSuffix, customDomain } = this.settings;
    return {
      projectId,
      ...(frontendApiUrlSuffix ? { frontendApiUrlSuffix } : {}),
      ...(customDomain ? { customDomain } : {}),
      onComplete: (signed) => this.complete(signed),
      onFallback: (identifier, message) => this.fallBack(identifier, message),
      onFallbackSilent: (identifier) => this.fallBack(identifier),
      onFallbackCustom: (identifier) => this.fallBack(identifier),
      onUnknownUser: (identifier) => this.fallBack(identifier),
      onError: () => this.fallBack(),
      onSignupClick: () => this.fallBack(),
      onHelpClick: () => this.fallBack(),
      onLoaded: () => void (this.loaded = true),
      onLoginStart: () => undefined,
      onConditionalLoginStart: (controller) => {
        this.conditional = controller instanceof AbortController ? controller : undefined;
      },
    };
  }

  private complete(signed: unknown) {
    if (this.leaving || this.conventional) {
      return;
    }
    if (!isSigned(signed)) {
      this.fallBack('', this.view.text('refused'));
      report('the component completed without signed data');
      return;
    }
    const url = this.handOff.url(signed);
    if (!url) {
      this.fallBack('', this.view.text('unavailable'));
      report('no transaction to hand the result to');
      return;
    }
    if (url.searchParams.has('stateToken') && Date.now() - this.opened > transactionLife) {
      this.fallBack('', this.view.text('stale'), true);
      return;
    }
    this.leaving = true;
    this.go(url.href);
  }

  private fallBack(identifier?: unknown, message?: unknown, offerReload = false) {
    if (this.leaving || this.conventional) {
      return;
    }
    this.toConventional();
    if (!this.identifying) {
      return;
    }
    this.view.say(typeof message === 'string' ? message : '', offerReload);
    this.view.focusForm(typeof identifier === 'string' ? identifier : '');
  }

  /** For the rest of the page's life, or until the user asks for the passkey. */
  toConventional() {
    this.conventional = true;
    // One request for autofill at a time: Okta's own form may want to make one.
    this.conditional?.abort();
    this.conditional = undefined;
    this.view.showConventional(this.canOpen());
  }

  private giveUp(why: string) {
    this.toConventional();
    report(why + '; the page offers the conventional sign-in');
  }

  private returned() {
    if (this.leaving) {
      this.leaving = false;
      this.fallBack();
    }
  }
}

/** For whoever sets the page up. Never what a user typed or a token. */
export function report(what: string) {
  console.warn('passkeys: ' + what);
}

// Okta's maintainers advise the form's name; the controller stands in for the
// versions that give none.
function isIdentify(context: RenderContext | undefined): boolean {
  if (context?.formName) {
    return context.formName === 'identify';
  }
  return context?.controller === 'primary-auth' || context?.controller === 'idp-discovery';
}
