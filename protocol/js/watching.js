/** Who is to be told of tokens, and the subscription that feeds them, made anew when it is lost. */

const TOPICS = ["tokens"];
/** Pauses between tries to reach an agent that has gone; the last one is repeated. */
const PAUSES = [500, 1000, 2000, 4000, 8000];
/** Nothing that waiting would mend. */
const FINAL = new Set(["not_allowed", "permission_denied", "insecure_page", "frame_not_allowed"]);

export class TokenWatch {
  #subscribe;
  #watchers = new Set();
  #timer;
  #pauses;

  /** @param {(topics: string[]) => Promise<{tokens: object[]}>} subscribe */
  constructor(subscribe, { pauses = PAUSES } = {}) {
    this.#subscribe = subscribe;
    this.#pauses = pauses;
  }

  /** The first call comes after the returned promise has resolved. */
  async add(callback, onLost) {
    const { tokens } = await this.#subscribe(TOPICS);
    const watcher = { callback, onLost };
    this.#watchers.add(watcher);
    setTimeout(() => this.#watchers.has(watcher) && callback(tokens));
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  changed(tokens) {
    for (const { callback } of this.#watchers) callback(tokens);
  }

  lost(why) {
    this.#tell(why);
    this.#again(0);
  }

  end() {
    clearTimeout(this.#timer);
    this.#watchers.clear();
  }

  #again(tries) {
    clearTimeout(this.#timer);
    if (this.#watchers.size === 0) return;
    const pause = this.#pauses[Math.min(tries, this.#pauses.length - 1)];
    this.#timer = setTimeout(() => this.#retry(tries), pause);
  }

  async #retry(tries) {
    if (this.#watchers.size === 0) return;
    try {
      this.changed((await this.#subscribe(TOPICS)).tokens);
    } catch (error) {
      if (!FINAL.has(error.code)) return this.#again(tries + 1);
      this.#tell(error);
      this.#watchers.clear();
    }
  }

  #tell(why) {
    for (const { onLost } of this.#watchers) onLost(why);
  }
}
