/**
 * What a closed browser must not lose: an Điều chỉnh IVAN between its first click and the moment the
 * backend has the signed dossier. One per unit, kept by the browser; gone when all is well.
 *
 * The backend takes the same signed document twice for one, so sending it again is always right.
 */

const name = (mst) => `openkyso.unfinished.${mst}`;

/** @param {{draft: string, certificate: string, contact: object, at: string, document?: string}} work */
export function keep(mst, work) {
  try {
    localStorage.setItem(name(mst), JSON.stringify(work));
  } catch {
    // A browser that keeps nothing still works; only closing it then costs a signature.
  }
}

export function kept(mst) {
  try {
    return JSON.parse(localStorage.getItem(name(mst)));
  } catch {
    return null;
  }
}

export function forget(mst) {
  try {
    localStorage.removeItem(name(mst));
  } catch {
    // Then it was never kept.
  }
}

/**
 * Runs `work` while no other tab of this unit adjusts; false if one does. So a second tab does not
 * mistake what the first is busy with for something left behind.
 */
export async function alone(mst, work) {
  if (!navigator.locks) {
    await work();
    return true;
  }
  return navigator.locks.request(name(mst), { ifAvailable: true }, async (lock) => {
    if (lock) await work();
    return lock !== null;
  });
}
