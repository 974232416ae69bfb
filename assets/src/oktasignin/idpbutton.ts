// The widget's own "Sign in with Corbado" carries no signed data, so Corbado has
// nothing to verify and refuses. It is taken out; other providers stay.
import type { HandOff } from './handoff';
import type { FormElement, Transform } from './okta';
import type { Settings } from './settings';

/** Second generation: anchors, which name the provider. */
export function hideAnchor(root: ParentNode, handOff: HandOff) {
  const links = Array.from(root.querySelectorAll<HTMLAnchorElement>('.okta-idps-container a[href]'));
  const ours = links.filter((link) => handOff.leadsToProvider(link.href));
  for (const link of ours) {
    link.style.display = 'none';
  }
  if (ours.length > 0 && ours.length === links.length) {
    const separated = ours[0]!.closest<HTMLElement>('.sign-in-with-idp');
    separated?.style.setProperty('display', 'none');
  }
}

/**
 * Third generation: the form before it is drawn. Its buttons name no provider
 * but in their label, so the label must be the very one.
 */
export function removeButton({ formBag, loc }: Transform, { idpName }: Settings) {
  if (idpName === '' || !loc) {
    return;
  }
  const label = loc('customauth.sign.in.with.label', 'login', [idpName]);
  const { uischema } = formBag;
  const buttons = uischema.elements.flatMap((element) => element.options?.buttons ?? [element]).filter(isProvider);
  const ours = buttons.find((button) => button.label === label);
  if (!ours) {
    return;
  }
  for (const element of uischema.elements) {
    if (element.options?.buttons) {
      element.options.buttons = element.options.buttons.filter((button) => button !== ours);
    }
  }
  uischema.elements = uischema.elements.filter((element) => element !== ours && element.options?.buttons?.length !== 0);
  if (buttons.length === 1) {
    uischema.elements = withoutLooseDivider(uischema.elements);
  }
}

/** The smart-card button has the first word only. */
function isProvider({ type, options }: FormElement): boolean {
  return type === 'Button' && /^piv-card-button .*social-auth-/.test(options?.dataSe ?? '');
}

// "or", with nothing to do before it or after it. The widget puts providers above
// the user name, or below, by its setting idpDisplay.
function withoutLooseDivider(elements: FormElement[]): FormElement[] {
  const leads = (part: FormElement[]) => part.some(isWay);
  return elements.filter((element, i) => element.type !== 'Divider' || (leads(elements.slice(0, i)) && leads(elements.slice(i + 1))));
}

function isWay({ type }: FormElement): boolean {
  return type.includes('Button');
}
