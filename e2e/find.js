// What the tests ask of a page. It is evaluated from outside, so it also works
// in a page that runs no scripts.

/** Tells whether a person sees the element. */
const visible = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && e.getClientRects().length > 0;

/** The name that a screen reader would say, as far as these pages need it. */
const nameOf = (e) => (e?.getAttribute?.('aria-label') || e?.innerText || e?.textContent || e?.value || '').trim().replace(/\s+/g, ' ');

const controls = 'button, a[href], input[type=submit], [role=button], .cb-link-button';

/** Every control that is shown, can be used and has the name. */
const named = (name) =>
  [...document.querySelectorAll(controls)].filter((e) => visible(e) && !e.disabled && !e.closest('[inert]') && nameOf(e) === name);

/** Tells whether nothing of the site's own will move the page's parts any more. */
const settled = () =>
  document.readyState !== 'loading' && [...document.querySelectorAll('link[rel=stylesheet][href^="/"]')].every((link) => link.sheet);

/** Where to click on an element: null while it is covered. */
const pointOf = (e) => {
  e.scrollIntoView({ block: 'center', behavior: 'instant' });
  const box = e.getClientRects()[0];
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const hit = document.elementFromPoint(x, y);
  return hit && (e.contains(hit) || hit.contains(e)) ? { x, y } : null;
};

const pointOfNamed = (name) => {
  const [found] = named(name);
  return found ? pointOf(found) : null;
};

const pointOfSelected = (selector) => {
  const found = [...document.querySelectorAll(selector)].find(visible);
  return found ? pointOf(found) : null;
};

/** What can be read on the page. */
const text = () => (document.body?.innerText ?? '').replace(/\s+/g, ' ');
