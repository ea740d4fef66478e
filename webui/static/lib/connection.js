/**
 * Whether the backend answers. Screens keep what they show while it does not; a strip says so, and
 * when it answers again everything is read anew.
 */

const RETRY_MILLISECONDS = 3000;
let reachable = true;
let timer;
const watchers = new Set();

/** `callback(reachable)` at every change. */
export function watchConnection(callback) {
  watchers.add(callback);
  return () => watchers.delete(callback);
}

export function reached() {
  if (!reachable) change(true);
}

export function unreached() {
  if (reachable) change(false);
}

function change(now) {
  reachable = now;
  clearInterval(timer);
  if (!now) timer = setInterval(ask, RETRY_MILLISECONDS);
  for (const callback of [...watchers]) callback(now);
}

async function ask() {
  try {
    await fetch("/api/session", { signal: AbortSignal.timeout(RETRY_MILLISECONDS) });
    reached();
  } catch {
    // Not yet.
  }
}
