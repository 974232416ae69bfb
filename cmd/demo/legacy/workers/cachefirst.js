// What was stored, else the network; stores what is OK, and leaves the sidecar alone.
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (e) => e.waitUntil(clients.claim()));
self.addEventListener('fetch', (e) => {
  if (e.request.method === 'GET' && !new URL(e.request.url).pathname.startsWith('/passkeys/')) {
    e.respondWith(cacheFirst(e.request));
  }
});

async function cacheFirst(request) {
  const known = await caches.match(request);
  if (known) {
    return known;
  }
  const answer = await fetch(request);
  if (answer.ok) {
    const pages = await caches.open('pages');
    await pages.put(request, answer.clone());
  }
  return answer;
}
