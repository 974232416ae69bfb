// Package e2e drives the demo with Chromium, as a person would: sign in at the
// Okta emulator, add a passkey with a virtual authenticator, see it in the list,
// delete it, sign out; and everything that goes wrong on the way.
//
// The demo is built once a run and started anew for each test, so tests share
// nothing but the browser process. Each person has a browser profile of their
// own. Screenshots of every page are left in screenshots/, and what a failed test
// saw last in screenshots/failures/.
package e2e
