// Where a tab wants to go waits in its sessionStorage while the person signs in:
// the path, for one attempt to sign in, and the fragment, the part of an address
// after '#', which never reaches a server, for one path.

const key = 'passkeys-place';

/** No longer than a sign-in may take, in milliseconds. */
const patience = 12 * 60 * 60 * 1000;

interface Kept {
  state: string;
  at: string;
  hash: string;
  until: number;
}

type Go = (address: string) => void;
type Submit = (form: HTMLFormElement) => void;

const data = () => document.documentElement.dataset as Record<string, string>;

/**
 * Keeps the place, and goes on to sign in. Where there is a fragment it tells the
 * callback by a cookie, which says no more than that. In a frame there is no way
 * to sign in.
 */
export function leave(go: Go, inFrame: boolean) {
  const { to, at, state, marker, fresh, framed } = data();
  if (inFrame && framed) {
    go(framed);
    return;
  }
  quietly(() => {
    const before = kept();
    // An attempt that is made again has lost the fragment from its address.
    const hash = location.hash.length > 1 || fresh || before?.at !== at ? location.hash : before!.hash;
    const place: Kept = { state: state!, at: at!, hash, until: Date.now() + patience };
    sessionStorage.removeItem(key);
    sessionStorage.setItem(key, JSON.stringify(place));
    if (hash) {
      document.cookie = marker!;
    }
  });
  go(to!);
}

/** Goes where the server says, with the fragment that was kept for that path. */
export function arrive(go: Go) {
  const { to, at } = data();
  let fragment = '';
  quietly(() => {
    const place = kept();
    sessionStorage.removeItem(key);
    if (place?.at === at && place?.hash.startsWith('#') && !to!.includes('#')) {
      fragment = place.hash;
    }
  });
  go(to! + fragment);
}

/** Posts the path that was kept for an attempt; without one it goes where the server says. */
export function recall(go: Go, submit: Submit) {
  const { to, state, action } = data();
  let form: HTMLFormElement | undefined;
  quietly(() => {
    // The code of a sign-in has no business in the next request's Referer.
    history.replaceState(null, '', location.pathname);
    const place = kept();
    if (place?.state === state && state) {
      form = document.createElement('form');
      form.method = 'post';
      form.action = action!;
      form.hidden = true;
      const field = document.createElement('input');
      field.name = 'return';
      field.value = place!.at;
      form.append(field);
      document.body.append(form);
    }
  });
  if (form) {
    submit(form);
  } else {
    go(to!);
  }
}

/** What the tab keeps, unless it is too old or was not written here. */
function kept(): Kept | undefined {
  try {
    const place = JSON.parse(sessionStorage.getItem(key)!) as Partial<Kept> | null;
    const whole = [place?.state, place?.at, place?.hash].every((text) => typeof text === 'string');
    return whole && place!.until! > Date.now() ? (place as Kept) : undefined;
  } catch {
    return undefined;
  }
}

/** Without storage or cookies the place is lost, and nothing else. */
function quietly(work: () => void) {
  try {
    work();
  } catch {
    // nothing was kept
  }
}
