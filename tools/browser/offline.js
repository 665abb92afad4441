// After the first visit a chapter that runs on its page does so without a network, too.
const STORE = "book";

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

// The network comes first: a page, and the files beside it, may have been published anew.
async function answer(event) {
  const store = await caches.open(STORE);
  try {
    const fresh = await fetch(event.request);
    if (fresh.ok) event.waitUntil(store.put(event.request, fresh.clone()).catch(() => {}));
    return fresh;
  } catch (error) {
    const kept = await store.match(event.request, { ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
}

addEventListener("fetch", (event) => {
  const same = new URL(event.request.url).origin === location.origin;
  if (same && event.request.method === "GET") event.respondWith(answer(event));
});
