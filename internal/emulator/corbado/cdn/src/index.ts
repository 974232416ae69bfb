// The documented script API: window.Corbado.mount… and unmount… of the three
// Corbado Connect components.
import './quiet';
import { CorbadoConnectAppend, CorbadoConnectLogin, CorbadoConnectPasskeyList } from '@corbado/connect-react';
import { clientState } from './client';
import { mount, unmount, type Options } from './mount';

// The published login component calls onLoaded without looking whether it is
// there; the script API says that it may be left out.
const ignoreLoaded = () => undefined;

// The documented callback of the login component is
// onComplete(signedPasskeyData, clientState). The published component passes
// one argument, a session: a patch of the build makes it the signed passkey data
// of the same answer (login/finish), and the second argument is added here.
function loginCallbacks(options: Options): Options {
  const { onComplete } = options;
  if (typeof onComplete !== 'function') {
    return options;
  }
  return {
    ...options,
    // The component waits for the callback, and falls back if it fails.
    onComplete: (signedPasskeyData: string) => onComplete(signedPasskeyData, clientState(options.projectId)),
  };
}

const Corbado = {
  mountCorbadoConnectAppend: (element: HTMLElement, options: Options) =>
    mount(element, CorbadoConnectAppend, options),
  mountCorbadoConnectPasskeyList: (element: HTMLElement, options: Options) =>
    mount(element, CorbadoConnectPasskeyList, options),
  mountCorbadoConnectLogin: (element: HTMLElement, options: Options) =>
    mount(element, CorbadoConnectLogin, { onLoaded: ignoreLoaded, ...loginCallbacks(options) }),

  unmountCorbadoConnectAppend: unmount,
  unmountCorbadoConnectPasskeyList: unmount,
  unmountCorbadoConnectLogin: unmount,
};

declare global {
  interface Window {
    Corbado: typeof Corbado;
  }
}

window.Corbado = Corbado;
