import { keepOnlyFor } from './clientstate';
import { load, providerOptions, watchForCrash } from './component';
import { connectToken, SessionEnded } from './connecttoken';
import { giveKeys } from './keyboard';
import { Page, type State } from './page';

/** Shows the user's passkeys, or says why not. */
export async function passkeyList() {
  const page = new Page();
  const { mount, settings } = page;
  const give = (reason: State) => {
    page.show(reason);
    mount.hidden = true;
  };

  page.show('loading');
  keepOnlyFor(settings.user);
  try {
    const corbado = await load(settings);
    page.show();
    giveKeys();
    watchForCrash(mount, () => give('unavailable'));
    corbado.mountCorbadoConnectPasskeyList(mount, {
      ...providerOptions(settings),
      connectTokenProvider: async (type) => {
        try {
          return await connectToken(settings.tokenPath, type);
        } catch (error) {
          if (error instanceof SessionEnded) {
            give('expired');
          }
          throw error;
        }
      },
    });
  } catch {
    give('unavailable');
  }
}
