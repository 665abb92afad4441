// After the first visit a chapter that runs on its page does so without a network, too.
const STORE = "book";

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

async function answer(request) {
  const store = await caches.open(STORE);
  const kept = await store.match(request, { ignoreSearch: true });
  // Python and its packages never change under one name; a page may have been published anew.
  if (kept && /\/live\/.*\.(wasm|whl|zip)$/.test(new URL(request.url).pathname)) return kept;
  try {
    const fresh = await fetch(request);
    if (fresh.ok) await store.put(request, fresh.clone());
    return fresh;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

addEventListener("fetch", (event) => {
  const same = new URL(event.request.url).origin === location.origin;
  if (same && event.request.method === "GET") event.respondWith(answer(event.request));
});
