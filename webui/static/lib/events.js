/**
 * What changes on the server, as it happens (server-sent events). After a lost connection the browser
 * comes back by itself, and misses nothing; where it gives up we begin anew, and all screens ask again.
 */
const PATIENCE_MILLISECONDS = 3000;

let source = null;
const listeners = new Set();

export function listen(callback) {
  listeners.add(callback);
  return () => listeners.delete(callback);
}

export function startEvents() {
  if (source) return;
  const mine = new EventSource("/api/events");
  source = mine;
  mine.onmessage = (message) => tell(JSON.parse(message.data));
  mine.onerror = () => {
    if (mine.readyState !== EventSource.CLOSED) return;
    setTimeout(() => {
      if (source !== mine) return; // signed out, or begun anew
      source = null;
      startEvents();
      source.onopen = () => tell({ type: "all" });
    }, PATIENCE_MILLISECONDS);
  };
}

export function stopEvents() {
  source?.close();
  source = null;
}

function tell(event) {
  if (event.type !== "ping") for (const callback of [...listeners]) callback(event);
}
