// Skip, delete and close are bare <div> and <svg> elements in the published
// component, and its dialog is a bare <div>. This gives them roles, names and
// keys, so that nobody needs a mouse.

const controls = '.cb-link-button, .cb-modal-exit-icon';
const done = 'data-keys';

export function giveKeys() {
  let opener: Element | null = null;
  let open = false;
  const tend = () => {
    document.querySelectorAll(`:is(${controls}):not(button, a, [${done}])`).forEach(makeButton);
    document.querySelectorAll('.cb-notification-container:not([role])').forEach((n) => n.setAttribute('role', 'alert'));
    const dialog = document.querySelector<HTMLElement>('.cb-modal');
    if (!!dialog === open) {
      return;
    }
    open = !!dialog;
    // What is behind the dialog is out of reach until it closes.
    document.querySelectorAll<HTMLElement>('body > header, main, footer').forEach((part) => (part.inert = open));
    if (dialog) {
      opener = document.activeElement;
      makeDialog(dialog);
    } else if (opener instanceof HTMLElement) {
      opener.focus();
    }
  };
  new MutationObserver(tend).observe(document.body, { childList: true, subtree: true });
  document.addEventListener('keydown', press);
  tend();
}

function makeButton(control: Element) {
  control.setAttribute(done, '');
  control.setAttribute('role', 'button');
  control.setAttribute('tabindex', '0');
  if (!control.textContent?.trim()) {
    const item = control.closest('.cb-passkey-list-item')?.querySelector('.cb-passkey-list-item-title');
    control.setAttribute('aria-label', item ? `Delete ${item.textContent}` : 'Close');
  }
}

function makeDialog(dialog: HTMLElement) {
  dialog.setAttribute('role', 'dialog');
  dialog.setAttribute('aria-modal', 'true');
  dialog.setAttribute('aria-label', dialog.querySelector('h2')?.textContent ?? '');
  // The dialog itself, not a button in it: the key that opened it must not
  // press that, too.
  dialog.tabIndex = -1;
  dialog.focus();
}

function press(event: KeyboardEvent) {
  const target = event.target as Element;
  if ((event.key === 'Enter' || event.key === ' ') && target.hasAttribute(done)) {
    event.preventDefault();
    click(target);
  } else if (event.key === 'Escape') {
    click(document.querySelector('.cb-modal-exit-icon'));
  }
}

/** Clicks an element, which may be an svg and have no click method. */
export function click(element: Element | null) {
  element?.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
}
