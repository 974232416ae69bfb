// The network for ten seconds, else what was stored; stores every page that is OK.
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (e) => e.waitUntil(clients.claim()));
self.addEventListener('fetch', (e) => e.respondWith(networkFirst(e.request)));

async function networkFirst(request) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), 10_000);
  try {
    const answer = await fetch(request, { signal: patience.signal });
    if (answer.ok && request.method === 'GET') {
      const pages = await caches.open('pages');
      await pages.put(request, answer.clone());
    }
    return answer;
  } catch {
    return (await caches.match(request)) ?? Response.error();
  } finally {
    clearTimeout(timer);
  }
}
