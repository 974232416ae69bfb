// Corbado's script API, as far as these pages use it. The published versions
// differ: callbacks come with fewer arguments than this, or twice.

export type TokenType = 'passkey-append' | 'passkey-list' | 'passkey-delete';

export interface ProviderOptions {
  projectId: string;
  frontendApiUrlSuffix?: string;
  customDomain?: string;
}

export interface AppendOptions extends ProviderOptions {
  appendTokenProvider: () => Promise<string>;
  onComplete: (status?: unknown, clientState?: unknown) => void;
  onSkip: (status?: unknown) => void;
  onError: (code?: unknown) => void;
}

export interface ListOptions extends ProviderOptions {
  connectTokenProvider: (type: TokenType) => Promise<string>;
}

export interface CorbadoScript {
  mountCorbadoConnectAppend(element: HTMLElement, options: AppendOptions): void;
  unmountCorbadoConnectAppend?(element: HTMLElement): void;
  mountCorbadoConnectPasskeyList(element: HTMLElement, options: ListOptions): void;
  unmountCorbadoConnectPasskeyList?(element: HTMLElement): void;
}

declare global {
  interface Window {
    Corbado?: CorbadoScript;
    /** Stops FingerprintJS, inside the component, from reporting to its maker. */
    __fpjs_d_m?: boolean;
  }
}
