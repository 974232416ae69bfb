// Where the browser takes the signed result: Okta's /sso/idps/{id}, which sends
// it on to Corbado's OIDC server as login_hint.
import type { WidgetConfig } from './okta';
import type { Settings } from './settings';

/** Longer than any token of Corbado's, and short enough for a URL at every proxy. */
const longest = 6000;

// Three parts of base64 (a JWS) or five (a JWE). The alphabet takes plain base64
// too, since the URL is encoded anyway.
const token = /^[\w+/=-]+\.[\w+/=-]+\.[\w+/=-]+(\.[\w+/=-]+\.[\w+/=-]+)?$/;

/** Tells a signed result from a session, an error or nothing at all. */
export function isSigned(data: unknown): data is string {
  return typeof data === 'string' && data.length <= longest && token.test(data);
}

// What makes a second run of /authorize differ from the first one: it would ask
// for another sign-in, or find its one-time request spent.
const oneTime = ['prompt', 'max_age', 'request', 'request_uri'];

export class HandOff {
  /** Okta's origin. The page may be told to talk to another host than its own. */
  readonly base: URL;
  /** What the widget of the third generation last said, which has no anchors. */
  stateHandle: string | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly config: WidgetConfig,
    private readonly root: ParentNode,
  ) {
    this.base = new URL(config.baseUrl || location.origin, location.origin);
  }

  private get path(): string {
    return '/sso/idps/' + encodeURIComponent(this.settings.idpId);
  }

  /** Tells whether a link leads to the configured provider at this Okta. */
  leadsToProvider(href: string | undefined): boolean {
    try {
      const url = new URL(href ?? '', this.base);
      return href !== undefined && url.origin === this.base.origin && url.pathname === this.path;
    } catch {
      return false;
    }
  }

  /** The URL for a signed result, or undefined when there is no transaction. */
  url(signed: string): URL | undefined {
    const url = new URL(this.path, this.base.origin);
    if (this.byState()) {
      const state = this.state();
      if (!state) {
        return undefined;
      }
      url.searchParams.set('stateToken', state);
    } else {
      url.searchParams.set('fromURI', this.fromURI());
    }
    url.searchParams.set('login_hint', signed);
    return url;
  }

  private byState(): boolean {
    if (this.settings.handOff !== 'auto') {
      return this.settings.handOff === 'state-token';
    }
    const relay = this.relay();
    const query = new URL(this.fromURI(), this.base.origin).searchParams;
    if (oneTime.some((name) => query.has(name))) {
      return relay === undefined || this.state() !== undefined;
    }
    // Without client_id the request came as a form, and cannot be run again.
    return relay === undefined && !query.has('client_id');
  }

  // The anchor of the second generation is as fresh as the form that is shown;
  // the page's own token may have been replaced since.
  private state(): string | undefined {
    for (const link of this.root.querySelectorAll<HTMLAnchorElement>('a[href]')) {
      if (this.leadsToProvider(link.href)) {
        const state = new URL(link.href).searchParams.get('stateToken');
        if (state) {
          return state;
        }
      }
    }
    return this.stateHandle || this.config.stateToken;
  }

  private fromURI(): string {
    return this.relay() ?? location.href.split('#')[0]!;
  }

  /** Where Okta itself would go on, if it says so. */
  private relay(): string | undefined {
    const { relayState } = this.config;
    return relayState && new URL(relayState, this.base.origin).origin === this.base.origin ? relayState : undefined;
  }
}
