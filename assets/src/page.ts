// What the server put into the page: settings, and texts that show one at a
// time.

export interface Settings {
  projectId: string;
  frontendApiUrlSuffix?: string;
  customDomain?: string;
  scripts: string[];
  styles: string[];
  tokenPath: string;
  resultPath: string;
  returnPath: string;
  user: string;
  /** The sign-in is too old or too weak to add a passkey. */
  stale?: boolean;
}

export type State = 'loading' | 'unavailable' | 'expired' | 'confirm';

export class Page {
  readonly mount: HTMLElement;
  readonly settings: Settings;

  constructor() {
    this.mount = document.getElementById('component')!;
    this.settings = JSON.parse(this.mount.dataset.settings!) as Settings;
  }

  /** Shows the text for a state and hides the others; none without a state. */
  show(state?: State) {
    for (const text of document.querySelectorAll<HTMLElement>('[data-state]')) {
      text.hidden = text.dataset.state !== state;
    }
  }

  /** Shows the text for a state in place of the component. */
  give(state: State) {
    this.show(state);
    this.mount.hidden = true;
  }
}

export const delay = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));
