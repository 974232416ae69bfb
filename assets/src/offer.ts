import { keepOnlyFor } from './clientstate';
import { load, providerOptions, watchForCrash } from './component';
import { connectToken, stateFor } from './connecttoken';
import { click, giveKeys } from './keyboard';
import { Outcome, type Status } from './outcome';
import { Page } from './page';
import { report } from './result';

/** How long the component may take to note a skip before we go on, in ms. */
const skipPatience = 800;

/** The component's own controls for it, one for each of its screens. */
const ownSkip = '.cb-append-skip, .cb-append-after-error-fallback, .cb-append-after-hybrid-login-fallback';

/**
 * Runs the offer to add a passkey. Whatever happens, the user goes on to the
 * return path, once.
 */
export async function offer(go: (path: string) => void) {
  const page = new Page();
  const { mount, settings } = page;
  const skip = document.getElementById('skip');
  const outcome = new Outcome();
  let over = false;

  const leave = async (status: Status, clientState?: unknown) => {
    if (over) {
      return;
    }
    over = true;
    await report(settings.resultPath, status, clientState);
    go(settings.returnPath);
  };
  const unavailable = () => {
    if (!over) {
      page.give('unavailable');
      if (skip) {
        skip.textContent = skip.dataset.unavailable!;
      }
      void leave('unavailable');
    }
  };

  skip?.addEventListener('click', (event) => {
    const newTab = event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0;
    if (over || newTab) {
      return; // an ordinary link
    }
    event.preventDefault();
    if (mount.querySelector('.cb-append-benefits-icons')) {
      void leave('complete'); // its success screen
      return;
    }
    const own = mount.querySelector(ownSkip);
    if (own) {
      click(own); // lets Corbado know, too
    } else {
      void leave('skip');
    }
  });
  const clicked = (event: Event) => {
    outcome.touch();
    if ((event.target as Element).closest(ownSkip)) {
      setTimeout(() => void leave('skip'), skipPatience);
    }
  };
  mount.addEventListener('click', clicked, true);

  if (settings.stale) {
    page.give('confirm');
    return;
  }
  page.show('loading');
  keepOnlyFor(settings.user);
  try {
    const corbado = await load(settings);
    if (over) {
      return;
    }
    page.show();
    giveKeys();
    watchForCrash(mount, unavailable);
    corbado.mountCorbadoConnectAppend(mount, {
      ...providerOptions(settings),
      appendTokenProvider: async () => {
        try {
          return await connectToken(settings.tokenPath, 'passkey-append');
        } catch (error) {
          const state = stateFor(error);
          if (state && !over) {
            // To go on would only end at a sign-in that nobody announced.
            over = true;
            page.give(state);
          }
          throw error;
        }
      },
      onComplete: (status, clientState) => void leave(outcome.completed(status), clientState),
      onSkip: (status) => void leave(outcome.skipped(status)),
      onError: (code) => {
        if (outcome.failed(code)) {
          void leave('error');
        }
      },
    });
  } catch {
    unavailable();
  }
}
