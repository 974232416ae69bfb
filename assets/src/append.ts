import { offer } from './offer';

// The fragment of the page that the user is on the way to. It is taken out of
// the address before anybody else's script runs; the history's entry keeps it
// for a reload.
const fragment = location.hash || (history.state as { fragment?: string } | null)?.fragment || '';
if (location.hash) {
  history.replaceState({ fragment }, '', location.pathname + location.search);
}

// Replaced, not pushed: Back must not lead to an offer that was answered.
void offer((path) => location.replace(path + fragment));
