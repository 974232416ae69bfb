import { delay } from './page';
import type { Status as Offered } from './outcome';

/** What became of an offer, or of the list. */
export type Status = Offered | 'added' | 'removed';

/** How long the user waits for the server to note the result, in milliseconds. */
const patience = 1500;

/** Tells the server what became of the offer, or of the list. It never fails and never lingers. */
export async function report(path: string, status: Status, clientState: unknown): Promise<void> {
  const noted = fetch(path, {
    method: 'POST',
    credentials: 'same-origin',
    keepalive: true, // goes through although the page is being left
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify({ status, clientState: typeof clientState === 'string' ? clientState : undefined }),
  }).catch(() => undefined);
  await Promise.race([noted, delay(patience)]);
}
