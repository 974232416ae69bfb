// What became of the offer, derived from callbacks that say little: the
// published component calls onComplete() and onSkip() without arguments.

export type Status = 'complete' | 'complete-noop' | 'skip' | 'not-offered' | 'error' | 'unavailable';

/** The user cancelled, or has a passkey here already: the screen still works. */
const cancelled = '3';
const exists = '4';

const published = new Map<string, Status>([
  ['user-completed', 'complete'],
  ['complete-noop', 'complete-noop'],
  ['skip-explicit', 'skip'],
  ['user-skipped', 'skip'],
  ['skip-implicit', 'not-offered'],
  ['gradual-rollout-denied', 'not-offered'],
  ['passkey-intelligence-denied', 'not-offered'],
]);

export class Outcome {
  private touched = false;
  private code?: string;

  /** The user has clicked something in the component. */
  touch() {
    this.touched = true;
  }

  /** Takes an error and reports whether the screen is dead. */
  failed(code: unknown): boolean {
    this.code = String(code);
    return this.code !== cancelled && this.code !== exists;
  }

  completed(given: unknown): Status {
    return named(given) ?? (this.code === exists ? 'complete-noop' : 'complete');
  }

  skipped(given: unknown): Status {
    return named(given) ?? (this.touched ? 'skip' : 'not-offered');
  }
}

function named(given: unknown): Status | undefined {
  return typeof given === 'string' ? published.get(given) : undefined;
}
