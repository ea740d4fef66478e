/**
 * A part of a screen that keeps itself current: a skeleton first, then what `load` gives, drawn again
 * only when it differs, so that nothing moves under a hand or a screen reader without cause.
 */
import { watchConnection } from "./connection.js";
import { fill } from "./dom.js";
import { listen } from "./events.js";

/**
 * @param {HTMLElement} place
 * @param {{load: () => Promise<object>, draw: (data: object) => Node[], failed: (error: Error) => Node[],
 *          skeleton: () => Node[], concerns?: (event: object) => boolean}} part
 * @returns {{reload: () => Promise<void>, stop: () => void}}
 */
export function live(place, { load, draw, failed, skeleton, concerns = () => true }) {
  let shown = null; // JSON of what is on the screen
  let running = null;
  let again = false;
  let over = false;

  fill(place, skeleton());
  place.setAttribute("aria-busy", "true");
  const stops = [
    listen((event) => (event.type === "look" || concerns(event)) && reload()),
    watchConnection((reachable) => reachable && reload()),
  ];
  reload();
  return { reload, stop };

  /** Of many calls at once, one more follows the one under way. */
  function reload() {
    if (running) {
      again = true;
      return running;
    }
    running = once().finally(() => {
      running = null;
      if (again && !over) {
        again = false;
        return reload();
      }
    });
    return running;
  }

  async function once() {
    try {
      const data = await load();
      if (over) return;
      const now = JSON.stringify(data);
      if (now === shown) return;
      shown = now;
      fill(place, draw(data));
    } catch (error) {
      // What was shown is still true enough, and the strip above says that the connection is gone.
      if (over || (shown !== null && error.code === "offline")) return;
      shown = null;
      fill(place, failed(error));
    }
    place.removeAttribute("aria-busy");
  }

  function stop() {
    over = true;
    for (const end of stops) end();
  }
}
