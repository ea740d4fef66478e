/**
 * What changes on the server, as it happens: server-sent events. While the stream is down (a proxy
 * that holds streams back, a server that restarts) the screens look by themselves now and then.
 */

const LOOK_MILLISECONDS = 10_000;
const REOPEN_MILLISECONDS = 3000;

let source = null;
let looking;
let reopening;
const listeners = new Set();

/** `callback({type, id?})`; type "look" means: nobody tells, so see for yourself. */
export function listen(callback) {
  listeners.add(callback);
  return () => listeners.delete(callback);
}

export function startEvents() {
  if (source) return;
  source = new EventSource("/api/events");
  source.onmessage = (message) => tell(JSON.parse(message.data));
  source.onerror = () => {
    // A browser gives a stream up for good after an answer that is none, such as 503.
    if (source?.readyState !== EventSource.CLOSED) return;
    clearTimeout(reopening);
    reopening = setTimeout(reopen, REOPEN_MILLISECONDS);
  };
  looking ??= setInterval(() => {
    if (source?.readyState !== EventSource.OPEN) tell({ type: "look" });
  }, LOOK_MILLISECONDS);
}

export function stopEvents() {
  source?.close();
  source = null;
  clearTimeout(reopening);
  clearInterval(looking);
  looking = undefined;
}

function reopen() {
  if (!source) return;
  source.close();
  source = null;
  startEvents();
  source.onopen = () => tell({ type: "look" }); // what happened meanwhile, nobody has told
}

function tell(event) {
  if (event.type === "ping") return;
  for (const callback of [...listeners]) callback(event);
}
