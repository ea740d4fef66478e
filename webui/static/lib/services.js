/** The accounts at signing services of this machine, as our own window sees them: live. */
import { ownWindow } from "./agent.js";

/** Asked anew by itself when the last answer is older: so a certificate that was renewed is noticed. */
const STALE_MILLISECONDS = 6 * 60 * 60 * 1000;

/**
 * `callback({own, accounts, held})` now and after every change, or `callback(null)` where this page
 * may not see them; `held` are the certificates of this MST that can sign now.
 * @returns {() => void} to stop
 */
export function watchServices(mst, callback) {
  let over = false;
  let unwatch = () => {};
  const nobody = () => over || callback(null);
  watch().catch(nobody);
  return () => {
    over = true;
    unwatch();
  };

  async function watch() {
    const own = await ownWindow();
    if (over) return;
    if (!own) return nobody();
    let last = 0;
    const changed = async (accounts) => {
      const turn = ++last;
      try {
        const held = accounts.length > 0 ? await own.certificates({ mst, place: "service" }) : [];
        if (!over && turn === last) callback({ own, accounts, held });
      } catch {
        if (turn === last) nobody();
      }
    };
    unwatch = await own.watchAccounts(changed, { onLost: nobody });
    if (over) return unwatch();
    refreshStale(own).catch(() => {}); // what is known stays true enough
  }
}

async function refreshStale(own) {
  const stale = ({ checked_at }) => !checked_at || Date.now() - Date.parse(checked_at) > STALE_MILLISECONDS;
  for (const account of (await own.accounts()).filter(stale)) await own.refreshAccounts(account.id);
}
