// What the component keeps in this browser. It keys it by project, not by user:
// the next user of a shared browser would be shown the last one's e-mail address
// and given the last one's decisions.

const componentPrefix = 'cbo_connect_';
const userKey = 'passkeys_user';

/** Drops what the component kept, unless it kept it for this user. */
export function keepOnlyFor(user: string) {
  quietly((storage) => {
    if (storage.getItem(userKey) !== user) {
      drop(storage);
      storage.setItem(userKey, user);
    }
  });
}

/** Drops what the component kept, for whomever. */
export function forgetUser() {
  quietly((storage) => {
    drop(storage);
    storage.removeItem(userKey);
  });
}

function drop(storage: Storage) {
  for (const key of Object.keys(storage)) {
    if (key.startsWith(componentPrefix)) {
      storage.removeItem(key);
    }
  }
}

/** Browsers may forbid storage altogether; then there is nothing to drop. */
function quietly(work: (storage: Storage) => void) {
  try {
    work(localStorage);
  } catch {
    // nothing was kept
  }
}
