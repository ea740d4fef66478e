/** What changes on the server, as it happens (server-sent events; the browser reconnects by itself). */

let source = null;
const listeners = new Set();

export function listen(callback) {
  listeners.add(callback);
  return () => listeners.delete(callback);
}

export function startEvents() {
  source ??= new EventSource("/api/events");
  source.onmessage = (message) => {
    const event = JSON.parse(message.data);
    if (event.type !== "ping") for (const callback of [...listeners]) callback(event);
  };
}

export function stopEvents() {
  source?.close();
  source = null;
}
