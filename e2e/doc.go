// Package e2e drives the demo with Chromium, as a person would: sign in at the
// Okta emulator, add a passkey with a virtual authenticator, see it in the list,
// delete it, sign out; and everything that goes wrong on the way.
//
// Okta's page with the passkey is played three times: with the emulator's small
// stand-in for the Sign-In Widget, and with Okta's real one in its second and
// third generation. The real one is an npm package; (cd
// internal/operator/signinpage/widgettest && npm ci) fetches it. The other tests use a
// plain page of the emulator's, by --plain-signin.
//
// The demo is built once a run and started again for each test, so tests share
// nothing but the browser process; parts of a test that play one after another
// may share its demo. Each person has a browser profile of their own. Screenshots of every page are left in screenshots/, and what a failed test
// saw last in screenshots/failures/.
package e2e
