import { SessionClient } from './sessionclient';

declare global {
  interface Window {
    passkeysSession?: Pick<SessionClient, 'check' | 'renew' | 'signIn' | 'fetch' | 'endsAt' | 'texts'>;
  }
}

if (!window.passkeysSession) {
  const script = document.currentScript as HTMLScriptElement | null;
  const client = new SessionClient({
    base: script?.src ? new URL('.', script.src).pathname : '/passkeys/',
    warn: Number(script?.dataset.warn) || 120,
    ui: script?.dataset.ui !== 'none',
  });
  window.passkeysSession = {
    check: () => client.check(),
    renew: () => client.renew(),
    signIn: () => client.signIn(),
    fetch: (input, init) => client.fetch(input, init),
    get endsAt() {
      return client.endsAt;
    },
    texts: client.texts,
  };
  client.watch();
}
