/** Who is to be told of a topic, and the subscription that feeds them, made anew when it is lost. */

/** Pauses between tries to reach an agent that has gone; the last one is repeated. */
const PAUSES = [500, 1000, 2000, 4000, 8000];
/** Nothing that waiting would mend. */
const FINAL = new Set(["not_allowed", "permission_denied", "insecure_page", "frame_not_allowed"]);

export class Watch {
  #topic;
  #subscribe;
  #watchers = new Set();
  #timer;
  #pauses;

  /**
   * @param {"tokens" | "accounts"} topic what is subscribed to, and where the answer has it
   * @param {(topics: string[]) => Promise<object>} subscribe
   */
  constructor(topic, subscribe, { pauses = PAUSES } = {}) {
    this.#topic = topic;
    this.#subscribe = subscribe;
    this.#pauses = pauses;
  }

  /** The first call comes after the returned promise has resolved. */
  async add(callback, onLost) {
    const now = await this.#ask();
    const watcher = { callback, onLost };
    this.#watchers.add(watcher);
    setTimeout(() => this.#watchers.has(watcher) && callback(now));
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  changed(now) {
    for (const { callback } of this.#watchers) callback(now);
  }

  lost(why) {
    this.#tell(why);
    this.#again(0);
  }

  end() {
    clearTimeout(this.#timer);
    this.#watchers.clear();
  }

  async #ask() {
    const answer = await this.#subscribe([this.#topic]);
    return answer[this.#topic];
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
      this.changed(await this.#ask());
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
