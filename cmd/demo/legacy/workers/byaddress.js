// Fetches by address, which makes a call of a page load, and looks for the sidecar's 401.
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (e) => e.waitUntil(clients.claim()));
self.addEventListener('fetch', (e) => {
  if (e.request.method === 'GET' && !new URL(e.request.url).pathname.startsWith('/passkeys/')) {
    e.respondWith(byAddress(e.request));
  }
});

async function byAddress(request) {
  const answer = await fetch(request.url);
  if (answer.status === 401 && answer.headers.has('Passkeys-Challenge') && request.mode === 'navigate') {
    return fetch(request);
  }
  return answer;
}
