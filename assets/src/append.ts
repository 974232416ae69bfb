import { offer } from './offer';

// Replaced, not pushed: Back must not lead to an offer that was answered.
void offer((path) => location.replace(path));
