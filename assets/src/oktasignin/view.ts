// The two faces of the page: the component, and Okta's own form. Texts stand in
// the page; this only shows and hides.

/** Where the widget writes messages, in both generations. */
const errors = '.infobox-error, .o-form-has-errors, [data-se="callout"]';

export class View {
  readonly root = element('okta-login-container');
  readonly section = element('passkeys-signin');
  readonly mountPoint = element('passkeys-component');
  readonly other = element('passkeys-other');
  readonly again = element('passkeys-again');
  private readonly message = element('passkeys-message');
  readonly reload = element('passkeys-reload');

  get passkeyShown(): boolean {
    return !this.section.hidden;
  }

  /** Hides Okta's form; only for a component that is mounted. */
  showPasskey() {
    const focused = document.activeElement;
    this.say('');
    this.section.hidden = false;
    this.again.hidden = true;
    this.root.hidden = true;
    // What had the focus is gone. A component that took it already keeps it.
    if (!focused || focused === document.body || this.root.contains(focused) || this.again.contains(focused)) {
      element('passkeys-title').focus();
    }
  }

  showConventional(offerAgain: boolean) {
    this.section.hidden = true;
    this.root.hidden = false;
    this.again.hidden = !offerAgain;
  }

  /** Shows a text above the form; empty takes it away. */
  say(text: string, offerReload = false) {
    this.message.textContent = text;
    this.message.hidden = text === '';
    this.reload.hidden = !offerReload;
  }

  /** A text of the page, by its data attribute. */
  text(name: 'refused' | 'unavailable' | 'stale'): string {
    return this.section.dataset[name] ?? '';
  }

  oktaSaysError(): boolean {
    return this.root.querySelector(errors) !== null;
  }

  private get username(): HTMLInputElement | null {
    return this.root.querySelector<HTMLInputElement>('input[name="identifier"], input[name="username"]');
  }

  /** Moves to Okta's form, and fills in what the user typed into the component. */
  focusForm(identifier: string) {
    const input = this.username;
    if (!input) {
      this.root.querySelector<HTMLElement>('input:not([type="hidden"]), button')?.focus();
      return;
    }
    if (identifier !== '') {
      // Past the setter that the widget's own rendering puts on the element.
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(input, identifier);
      input.dispatchEvent(new Event('input', { bubbles: true }));
      input.dispatchEvent(new Event('change', { bubbles: true }));
    }
    input.focus();
  }
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) {
    throw new Error(`the page has no #${id}`);
  }
  return found;
}
