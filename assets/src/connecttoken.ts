import type { TokenType } from './corbado';
import type { State } from './page';

/** The session is over: only a new sign-in helps. */
export class SessionEnded extends Error {}

/** The sign-in is too old or too weak for what the token would allow. */
export class Stale extends Error {}

/** What a page shows instead of the component for lack of a token, if anything. */
export function stateFor(error: unknown): State | undefined {
  return error instanceof Stale ? 'confirm' : error instanceof SessionEnded ? 'expired' : undefined;
}

/** More than the server waits for Corbado, in milliseconds. */
const patience = 20_000;

/**
 * Fetches a connect token. It rejects unless there is one: the component takes
 * undefined for a token and goes on without.
 */
export async function connectToken(path: string, type: TokenType): Promise<string> {
  const hurry = new AbortController();
  const timer = setTimeout(() => hurry.abort(), patience);
  try {
    const answer = await fetch(path, {
      method: 'POST',
      credentials: 'same-origin',
      redirect: 'error',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify({ type }),
      signal: hurry.signal,
    });
    if (answer.status === 401) {
      const why = (await answer.json().catch(() => null)) as { error?: unknown } | null;
      throw why?.error === 'step_up_required' ? new Stale() : new SessionEnded();
    }
    const { secret } = answer.ok ? ((await answer.json()) as { secret?: unknown }) : {};
    if (typeof secret !== 'string' || secret === '') {
      throw new Error(`no connect token: ${answer.status}`);
    }
    return secret;
  } finally {
    clearTimeout(timer);
  }
}
