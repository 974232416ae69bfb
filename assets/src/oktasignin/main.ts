// The script of Okta's hosted sign-in page. It makes the widget, and always
// draws it, whatever becomes of the passkey.
import { HandOff } from './handoff';
import { hideAnchor, removeButton } from './idpbutton';
import type { Widget } from './okta';
import { PasskeySignIn, report } from './passkeysignin';
import type { Settings } from './settings';
import { View } from './view';

const nonce = (document.currentScript as HTMLScriptElement | null)?.nonce ?? '';
const config = OktaUtil.getSignInWidgetConfig();
const widget = new OktaSignIn(config);
try {
  addPasskey(widget);
} catch {
  report('the page is not as it was made');
}
widget.renderEl({ el: '#okta-login-container' }, OktaUtil.completeLogin, () => {
  report('the widget stopped'); // it says why in its own place
});

function addPasskey(widget: Widget) {
  const view = new View();
  const settings = JSON.parse(view.section.dataset.settings ?? '') as Settings;
  if (!isForThisApp(settings)) {
    return;
  }
  if (settings.generation === 'g3' && !widget.afterTransform) {
    report('the page was made for the third generation, and this is the second');
  }
  const handOff = new HandOff(settings, config, view.root);
  const signIn = new PasskeySignIn(settings, view, handOff, (url) => location.assign(url));
  widget.afterTransform?.('identify', safely((transform) => {
    const { idxContext } = transform;
    handOff.stateHandle = idxContext?.stateHandle ?? handOff.stateHandle;
    removeButton(transform, settings);
  }));
  widget.on('afterRender', safely((context) => {
    hideAnchor(view.root, handOff);
    signIn.rendered(context);
  }));
  widget.on('afterError', safely(() => signIn.toConventional()));
  signIn.start(nonce);
}

/** Keeps our mistakes out of the widget's way. */
function safely<T>(listen: (argument: T) => void): (argument: T) => void {
  return (argument) => {
    try {
      listen(argument);
    } catch {
      report('a listener failed');
    }
  };
}

// The page serves every app of the brand.
function isForThisApp({ appIds }: Settings): boolean {
  if (appIds.length === 0) {
    return true;
  }
  const request = OktaUtil.getRequestContext?.();
  const app = request?.app?.value?.id ?? request?.target?.clientId;
  return app !== undefined && appIds.includes(app);
}
