import { keepOnlyFor } from './clientstate';
import { load, providerOptions, watchForCrash } from './component';
import { connectToken, stateFor } from './connecttoken';
import { click, giveKeys } from './keyboard';
import { ListChanges } from './listchanges';
import { Page, type State } from './page';
import { report } from './result';

/** Shows the user's passkeys, or says why not. */
export async function passkeyList() {
  const page = new Page();
  const { mount, settings } = page;
  let over = false;
  const give = (reason: State) => {
    if (!over) {
      over = true; // what follows from the first trouble is no news
      page.give(reason);
    }
  };

  page.show('loading');
  keepOnlyFor(settings.user);
  try {
    const corbado = await load(settings);
    page.show();
    giveKeys();
    watchForCrash(mount, () => give('unavailable'));
    watchFirstLoad(mount, () => give('unavailable'));
    const changes = new ListChanges(mount, (change) => void report(settings.resultPath, change, undefined));
    corbado.mountCorbadoConnectPasskeyList(mount, {
      ...providerOptions(settings),
      connectTokenProvider: async (type) => {
        try {
          const token = await connectToken(settings.tokenPath, type);
          changes.permitted(type);
          return token;
        } catch (error) {
          const state = stateFor(error) ?? (type === 'passkey-list' ? 'unavailable' : undefined);
          if (state) {
            give(state);
          }
          if (state === 'confirm') {
            // Its dialog would stand before what the page says.
            setTimeout(() => {
              click(document.querySelector('.cb-modal-exit-icon'));
              corbado.unmountCorbadoConnectPasskeyList?.(mount);
            }, 0);
          }
          throw error;
        }
      },
    });
  } catch {
    give('unavailable');
  }
}

/**
 * Tells when the list did not come. The component then says so, with a button to
 * add a passkey that cannot work either, and no way to try again. An error after
 * the list has come is the component's to tell.
 */
function watchFirstLoad(mount: HTMLElement, failed: () => void) {
  const watch = new MutationObserver(() => {
    if (mount.querySelector('.cb-passkey-list-loader')) {
      return;
    }
    const error = mount.querySelector('.cb-error-notification');
    const came = mount.querySelector(`.cb-passkey-list-item${error ? '' : ', .cb-passkey-list-empty'}`);
    if (came || error) {
      watch.disconnect();
    }
    if (!came && error) {
      failed();
    }
  });
  watch.observe(mount, { childList: true, subtree: true });
}
