import { CorbadoConnectModal, CorbadoConnectProvider } from '@corbado/connect-react';
import React from 'react';
import { createPortal } from 'react-dom';
import { createRoot, type Root } from 'react-dom/client';
import { useCustomDomain } from './process';

/** Provider and component configuration in one object. */
export type Options = Record<string, unknown> & {
  projectId: string;
  frontendApiUrlSuffix?: string;
  /** Full base URL of the Frontend API, scheme included. */
  customDomain?: string;
};

const roots = new Map<HTMLElement, Root>();

/** Puts a component into element; one that was there before is taken out. */
export function mount(element: HTMLElement, Component: React.ComponentType<any>, options: Options) {
  unmount(element);

  const { customDomain, ...config } = options;
  if (customDomain) {
    useCustomDomain(config.projectId, customDomain);
  }

  const root = createRoot(element);
  roots.set(element, root);
  // Each mount has its own provider, and with it its own ConnectService. The
  // modal goes into body, so that no style of the host page can clip it.
  root.render(
    <CorbadoConnectProvider {...config} isWebJs>
      {createPortal(<CorbadoConnectModal />, document.body)}
      <Component {...config} />
    </CorbadoConnectProvider>,
  );
}

/** Takes the component out of element; does nothing where there is none. */
export function unmount(element: HTMLElement) {
  roots.get(element)?.unmount();
  roots.delete(element);
}
