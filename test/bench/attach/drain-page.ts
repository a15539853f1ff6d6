import { drainBare, drainWithClient, type Feed } from "./drain.ts";

/** Both sides of the throughput in a page. */
const page = {
  client: drainWithClient,
  bare: (feed: Feed) => drainBare(feed, (url) => new WebSocket(url)),
};

declare global {
  interface Window {
    drain: typeof page;
  }
}

window.drain = page;
