// The documented script API: window.Corbado.mount… and unmount… of the three
// Corbado Connect components.
import './quiet';
import { CorbadoConnectAppend, CorbadoConnectLogin, CorbadoConnectPasskeyList } from '@corbado/connect-react';
import { mount, unmount, type Options } from './mount';

// The published login component calls onLoaded without looking whether it is
// there; the script API says that it may be left out.
const ignoreLoaded = () => undefined;

const Corbado = {
  mountCorbadoConnectAppend: (element: HTMLElement, options: Options) =>
    mount(element, CorbadoConnectAppend, options),
  mountCorbadoConnectPasskeyList: (element: HTMLElement, options: Options) =>
    mount(element, CorbadoConnectPasskeyList, options),
  mountCorbadoConnectLogin: (element: HTMLElement, options: Options) =>
    mount(element, CorbadoConnectLogin, { onLoaded: ignoreLoaded, ...options }),

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
