import { SessionDialog } from './sessiondialog';
import { type News, onNews } from './windows';

/** The header by which the sidecar marks its own 401. */
const challenge = 'Passkeys-Challenge';

/** The longest delay that a browser's timer takes, in milliseconds. */
const maxDelay = 2 ** 31 - 1;

export interface Options {
  /** The base path of the sidecar's routes, with a slash at its end. */
  base: string;
  /** How long before the end to warn, in seconds. */
  warn: number;
  /** Whether to show dialogs of our own. */
  ui: boolean;
}

/** What is known of the session; endsAt is by this browser's clock, in ms. */
interface Known {
  user: string;
  endsAt: number;
  /** Whether use puts the end off. */
  renewable: boolean;
}

/** The texts of the dialogs, for apps in other languages. */
export const texts = {
  warnTitle: 'Your session is about to end',
  warnText: 'You will be signed out soon, because nothing has happened for a while.',
  lastText: 'You have been signed in for as long as this site allows. Sign in again to go on without a break.',
  endedTitle: 'Your session has ended',
  endedText: 'Sign in again in a new window. What you were doing here stays as it is.',
  renew: 'Stay signed in',
  signIn: 'Sign in',
  dismiss: 'Not now',
};

export class SessionClient {
  readonly texts = texts;
  private known: Known | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private warned = false;
  private channel: BroadcastChannel | undefined;
  /** The server said that there is no session. */
  private over = false;
  private dialog = new SessionDialog();
  /** A sign-in that is being waited for. */
  private waiting: { done: Promise<boolean>; end: (signedIn: boolean) => void } | undefined;

  constructor(private options: Options) {}

  /** Starts to watch the session. */
  watch() {
    this.channel = onNews((news) => void this.check(news));
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') {
        void this.check(); // timers stand still while a computer sleeps
      }
    });
    addEventListener('pageshow', (event) => {
      if (event.persisted) {
        void this.cameBack();
      }
    });
    void this.check();
  }

  /**
   * The browser shows the page as it was, by its Back button. That is for the user
   * whose page it is: until the server has said who is there, nothing can be seen.
   * Where it does not answer at all, the page stays what it is without a network.
   */
  private async cameBack() {
    const { style } = document.documentElement;
    const before = style.visibility;
    style.visibility = 'hidden';
    const answer = await this.call('GET');
    if (answer?.status === 401 || (answer && !this.known)) {
      location.reload();
      return;
    }
    if ((await this.take(answer)) || !answer?.ok) {
      style.visibility = before;
    }
  }

  /** When the session ends unless it is used, as a Date; undefined if unknown. */
  get endsAt() {
    return this.known && new Date(this.known.endsAt);
  }

  /** Asks the server how the session is, which is no use of it. */
  async check(news?: News): Promise<boolean> {
    return this.take(await this.call('GET'), news);
  }

  /** Uses the session, so that its idle time begins again. */
  async renew(): Promise<boolean> {
    const alive = await this.take(await this.call('POST'), 'renewed');
    if (alive) {
      this.channel?.postMessage('renewed' satisfies News);
      this.say('renewed');
    }
    return alive;
  }

  /**
   * Opens a window to sign in, and reports whether somebody did. Call it from a
   * click: browsers block windows that come by themselves.
   */
  signIn(): Promise<boolean> {
    const { base } = this.options;
    const back = encodeURIComponent(`${base}signed-in`);
    const opened = window.open(`${base}login?anew=1&return=${back}`, 'passkeys-sign-in', 'popup,width=520,height=720');
    return opened ? this.wait() : Promise.resolve(false);
  }

  /**
   * fetch, which has the user sign in again where the session has ended, and then
   * sends the same request again. The app never saw the first one.
   */
  async fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const request = new Request(input, init);
    const again = request.clone();
    const answer = await fetch(request);
    if (answer.status !== 401 || !answer.headers.has(challenge) || new URL(request.url).origin !== location.origin) {
      return answer;
    }
    return (await this.ended()) ? fetch(again) : answer;
  }

  private async call(method: string): Promise<Response | undefined> {
    try {
      return await fetch(`${this.options.base}session`, {
        method,
        credentials: 'same-origin',
        cache: 'no-store',
        headers: { Accept: 'application/json' },
      });
    } catch {
      return undefined; // no network: nothing is known, and nothing over
    }
  }

  /** Takes in what the server says, and what made us ask. */
  private async take(answer: Response | undefined, news?: News): Promise<boolean> {
    if (answer?.status === 401) {
      // Somebody who was not signed in when the page came knows it.
      if (this.known && !this.over) {
        void this.ended();
      }
      return false;
    }
    if (!answer?.ok) {
      this.schedule(Date.now() + 60_000);
      return false;
    }
    const said = (await answer.json()) as { iss: string; sub: string; expires_at: number; ends_at: number; now: number };
    const user = `${said.iss} ${said.sub}`;
    if (this.known && this.known.user !== user) {
      // What stands on the page is the other user's.
      this.say('user-changed');
      this.finish(false);
      location.reload();
      return false;
    }
    const endsAt = Date.now() + (said.ends_at - said.now) * 1000;
    const later = !this.known || endsAt > this.known.endsAt + 1000;
    this.known = { user, endsAt, renewable: said.ends_at < said.expires_at };
    if (later || news) {
      this.warned = false;
      this.dialog.close();
    }
    if (this.over || news === 'signed-in') {
      this.over = false;
      this.finish(true);
    }
    const warnAt = endsAt - this.options.warn * 1000;
    if (warnAt > Date.now()) {
      this.schedule(warnAt);
    } else {
      this.schedule(endsAt + 1000);
      this.warn();
    }
    return true;
  }

  private schedule(at: number) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.check(), Math.min(Math.max(at - Date.now(), 1000), maxDelay));
  }

  private warn() {
    if (this.warned) {
      return;
    }
    this.warned = true;
    const { endsAt, renewable } = this.known!;
    if (!this.say('expiring', { endsAt: new Date(endsAt), renewable }) || !this.options.ui) {
      return;
    }
    const close = () => this.dialog.close();
    const main = renewable ? { label: texts.renew, run: () => void this.renew() } : { label: texts.signIn, run: () => void this.signIn() };
    this.dialog.open(texts.warnTitle, renewable ? texts.warnText : texts.lastText, [main, { label: texts.dismiss, run: close }], close);
  }

  /** Has the user sign in again, and reports whether they did. */
  private ended(): Promise<boolean> {
    this.over = true;
    if (this.waiting) {
      return this.waiting.done;
    }
    clearTimeout(this.timer);
    const handled = !this.say('ended');
    if (!handled && !this.options.ui) {
      return Promise.resolve(false);
    }
    const done = this.wait();
    if (!handled) {
      const dismiss = () => this.finish(false);
      this.dialog.open(
        texts.endedTitle,
        texts.endedText,
        [
          { label: texts.signIn, run: () => void this.signIn() },
          { label: texts.dismiss, run: dismiss },
        ],
        dismiss,
      );
    }
    return done;
  }

  private wait(): Promise<boolean> {
    if (!this.waiting) {
      let end!: (signedIn: boolean) => void;
      const done = new Promise<boolean>((resolve) => (end = resolve));
      this.waiting = { done, end };
    }
    return this.waiting.done;
  }

  private finish(signedIn: boolean) {
    const { waiting } = this;
    if (!waiting) {
      return;
    }
    this.waiting = undefined;
    this.dialog.close();
    waiting.end(signedIn);
  }

  /** Tells the app, and whether it leaves the matter to us. */
  private say(what: string, detail?: object): boolean {
    return document.dispatchEvent(new CustomEvent(`passkeys:${what}`, { detail, cancelable: true }));
  }
}
