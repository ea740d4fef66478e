/** Where a certificate's key is: told to the backend in its words, and said in ours. */
import { t } from "./i18n.js";

/** @param {object} certificate as the agent tells it */
export function sourceOf({ token, service }) {
  if (service) {
    const { provider, provider_name, host } = service;
    return { kind: "hsm", provider, provider_name, host };
  }
  return { kind: "token", label: token?.label ?? "", serial: token?.serial ?? "" };
}

/** @param {object | null} source as the backend tells it */
export function place(source) {
  if (!source) return null;
  if (inService({ source })) return t("certificate.on-hsm", { name: source.provider_name, host: source.host });
  return t("certificate.on-token", { label: source.label || source.serial });
}

/** Whether a signing service keeps the key of what the backend lists: then no token is spoken of. */
export const inService = ({ source }) => source?.kind === "hsm";
