// FingerprintJS (inside web-core) reports one in a thousand runs to its maker
// unless this is set. A stand-in calls no third party. Imported first.
(window as unknown as { __fpjs_d_m: boolean }).__fpjs_d_m = true;

export {};
