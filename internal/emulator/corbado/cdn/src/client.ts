// What the documented login callback is told beside the signed passkey data.

type Entry<T> = { data: T; source: 'ls'; ts: number };

/**
 * The client state as Corbado's current script makes it: base64 of JSON with
 * what this browser remembers of the last login and its client handle, each
 * with where it was found (`ls`: localStorage) and when, in Unix milliseconds.
 * It is not signed and holds the identifier in clear. What is not there is left
 * out.
 */
export function clientState(projectId: string): string {
  const ts = Date.now();
  const state: { lastLogin?: Entry<unknown>; clientEnvHandle?: Entry<string> } = {};

  const login = localStorage.getItem(`cbo_connect_last_login-${projectId}`);
  if (login) {
    try {
      state.lastLogin = { data: JSON.parse(login), source: 'ls', ts };
    } catch {
      // not ours: leave it out
    }
  }
  const handle = localStorage.getItem('cbo_client_handle');
  if (handle) {
    state.clientEnvHandle = { data: handle, source: 'ls', ts };
  }

  let bytes = '';
  for (const b of new TextEncoder().encode(JSON.stringify(state))) {
    bytes += String.fromCharCode(b);
  }
  return btoa(bytes);
}
