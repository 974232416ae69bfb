// The dialog of session.js. It lives in a shadow tree, so that the app's styles
// and its own do not meet, and its styles are constructed by script, which a
// strict Content-Security-Policy allows.

const styles = `
dialog { font: 16px/1.5 system-ui, sans-serif; color: CanvasText; background: Canvas; border: 1px solid GrayText; border-radius: 12px;
  padding: 24px; max-width: min(26rem, calc(100vw - 32px)); box-sizing: border-box; color-scheme: light dark; }
dialog::backdrop { background: rgb(0 0 0 / 45%); }
h2 { font-size: 20px; line-height: 1.25; margin: 0 0 8px; }
p { margin: 0 0 20px; }
div { display: flex; flex-wrap: wrap; gap: 12px; }
button { font: inherit; min-height: 44px; padding: 8px 20px; border-radius: 8px; border: 1px solid GrayText; background: transparent; color: inherit; cursor: pointer; }
button.main { font-weight: 600; background: CanvasText; color: Canvas; border-color: CanvasText; }
button:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
`;

export interface Choice {
  label: string;
  /** Runs when chosen; the dialog stays open until somebody closes it. */
  run: () => void;
}

export class SessionDialog {
  private host: HTMLElement | undefined;
  private onDismiss: (() => void) | undefined;

  /** Shows a dialog in place of the last one. dismissed runs on Escape. */
  open(title: string, text: string, choices: Choice[], dismissed: () => void) {
    this.close();
    const host = (this.host = document.createElement('div'));
    this.onDismiss = dismissed;
    const root = host.attachShadow({ mode: 'open' });
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(styles);
      root.adoptedStyleSheets = [sheet];
    } catch {
      // an older browser's own look
    }
    const dialog = document.createElement('dialog');
    dialog.setAttribute('role', 'alertdialog');
    dialog.setAttribute('aria-labelledby', 'title');
    dialog.setAttribute('aria-describedby', 'text');
    const heading = child(dialog, 'h2', title);
    heading.id = 'title';
    child(dialog, 'p', text).id = 'text';
    const row = child(dialog, 'div', '');
    choices.forEach(({ label, run }, i) => {
      const button = child(row, 'button', label) as HTMLButtonElement;
      button.type = 'button';
      button.className = i ? '' : 'main';
      button.autofocus = !i;
      button.addEventListener('click', run);
    });
    dialog.addEventListener('cancel', () => {
      const dismiss = this.onDismiss;
      this.close();
      dismiss?.();
    });
    root.append(dialog);
    document.body.append(host);
    dialog.showModal();
  }

  close() {
    this.onDismiss = undefined;
    this.host?.remove();
    this.host = undefined;
  }
}

function child(parent: HTMLElement, tag: string, text: string) {
  const element = document.createElement(tag);
  element.textContent = text;
  parent.append(element);
  return element;
}
