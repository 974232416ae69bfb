// Okta's hosted page, as far as this script uses it: OktaUtil, and the Sign-In
// Widget 7 of the second and third generation.

export interface WidgetConfig {
  baseUrl?: string;
  stateToken?: string;
  /** Okta Classic Engine only. */
  relayState?: string;
}

/** Of Okta's answer to the widget's last call. The ways on are not in it. */
export interface IdxContext {
  stateHandle?: string;
}

/** A part of a form of the third generation. */
export interface FormElement {
  type: string;
  label?: string;
  options?: { dataSe?: string; buttons?: FormElement[] };
}

export interface Transform {
  formBag: { uischema: { elements: FormElement[] } };
  idxContext?: IdxContext;
  /** The widget's texts, in the language that it shows. */
  loc?: (key: string, bundle: 'login', parameters: string[]) => string;
}

export interface RenderContext {
  controller?: string | null;
  formName?: string;
}

export interface Widget {
  on(event: 'afterRender' | 'afterError', listener: (context?: RenderContext) => void): void;
  /** Third generation only. */
  afterTransform?(form: 'identify', change: (transform: Transform) => void): void;
  renderEl(where: { el: string }, done: unknown, failed: (error?: unknown) => void): void;
}

declare global {
  const OktaSignIn: new (config: WidgetConfig) => Widget;
  const OktaUtil: {
    getSignInWidgetConfig(): WidgetConfig;
    /** Undefined where the page is opened without an app. Okta Classic Engine gives `target`. */
    getRequestContext?(): { app?: { value?: { id?: string } }; target?: { clientId?: string } } | undefined;
    completeLogin: unknown;
  };
}
