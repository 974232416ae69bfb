// The part of an address after '#' never reaches a server. It waits in this
// tab's sessionStorage while the person signs in, and for one path only.

const key = 'passkeys-fragment';

/** No longer than a sign-in may take, in milliseconds. */
const patience = 2 * 60 * 60 * 1000;

interface Kept {
  at: string;
  hash: string;
  until: number;
}

type Go = (address: string) => void;

/**
 * Keeps the page's fragment, tells the callback by a cookie that this browser has
 * one, and goes on to sign in. The cookie says no more than that.
 */
export function leave(go: Go) {
  const { to, at, marker, fresh } = document.documentElement.dataset as Record<string, string>;
  const { hash } = location;
  quietly(() => {
    if (hash.length > 1) {
      const kept: Kept = { at: at!, hash, until: Date.now() + patience };
      sessionStorage.setItem(key, JSON.stringify(kept));
      document.cookie = marker!;
    } else if (fresh) {
      sessionStorage.removeItem(key);
    }
  });
  go(to!);
}

/** Goes where the server says, with the fragment that was kept for that path. */
export function arrive(go: Go) {
  const { to, at } = document.documentElement.dataset as Record<string, string>;
  let fragment = '';
  quietly(() => {
    const kept = JSON.parse(sessionStorage.getItem(key) ?? '{}') as Partial<Kept>;
    sessionStorage.removeItem(key);
    if (kept.at === at && kept.hash?.startsWith('#') && kept.until! > Date.now() && !to!.includes('#')) {
      fragment = kept.hash;
    }
  });
  go(to! + fragment);
}

/** Without storage or cookies the fragment is lost, and nothing else. */
function quietly(work: () => void) {
  try {
    work();
  } catch {
    // nothing was kept
  }
}
