// Keeps a page that only shows things fresh. What has not changed is not touched, so that nobody
// loses a selection or their place; a screen reader hears what is new, since <main> is live.

const EVERY_MS = 2000;
const main = document.querySelector("main");
main.setAttribute("aria-live", "polite");

async function freshen() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { cache: "no-store" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const now = fresh.querySelector("main");
  if (now && now.innerHTML !== main.innerHTML) main.innerHTML = now.innerHTML;
}

// The sandbox may be stopped and started meanwhile: then the next time will do.
setInterval(() => freshen().catch(() => {}), EVERY_MS);
