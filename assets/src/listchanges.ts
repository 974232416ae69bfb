import type { Status } from './result';

type TokenType = 'passkey-append' | 'passkey-list' | 'passkey-delete';

/**
 * Knows that a passkey was added or deleted: the browser asked for the permission, and
 * then the list was one longer or shorter. The component itself tells nobody.
 */
export class ListChanges {
  private before?: number | undefined;
  private awaited?: Status | undefined;

  constructor(
    private readonly mount: HTMLElement,
    private readonly tell: (change: Status) => void,
  ) {
    new MutationObserver(() => this.look()).observe(mount, { childList: true, subtree: true });
  }

  /** The browser may do now what the token says. */
  permitted(type: TokenType) {
    if (type !== 'passkey-list') {
      this.awaited = type === 'passkey-append' ? 'added' : 'removed';
    }
  }

  private look() {
    const now = this.length();
    if (now === undefined) {
      return;
    }
    const { before, awaited } = this;
    this.before = now;
    if (before !== undefined && (awaited === 'added' ? now > before : awaited === 'removed' && now < before)) {
      this.awaited = undefined;
      this.tell(awaited!);
    }
  }

  /** How many passkeys the list shows, undefined while it shows something else. */
  private length(): number | undefined {
    if (this.mount.querySelector('.cb-passkey-list-loader, .cb-error-notification')) {
      return undefined;
    }
    const items = this.mount.querySelectorAll('.cb-passkey-list-item').length;
    return items > 0 || this.mount.querySelector('.cb-passkey-list-empty') ? items : undefined;
  }
}
