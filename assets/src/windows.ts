// The site's windows tell each other what becomes of the session. A
// BroadcastChannel reaches only pages of this very origin, and does so although
// the pages on the way through Okta cut the tie between a window and its opener.

const name = 'passkeys-session';

export type News = 'signed-in' | 'renewed';

/** Tells all other windows. */
export function tell(news: News) {
  const channel = new BroadcastChannel(name);
  channel.postMessage(news);
  channel.close();
}

/** Runs work at all news from other windows. */
export function onNews(work: (news: News) => void) {
  const channel = new BroadcastChannel(name);
  channel.onmessage = (event) => work(event.data as News);
  return channel;
}
