/**
 * Máy chủ dịch vụ, tài khoản, mật khẩu: what a signing service is asked with.
 *
 * A password is read from its field when the agent needs it, and is nowhere else in the page; `wipe`
 * empties the field.
 */
import { fill, h, uid } from "../../lib/dom.js";
import { pick, t } from "../../lib/i18n.js";
import { choiceField, field } from "../../components/field.js";

/** Browsers and their helpers shall neither keep nor correct what is typed here. */
const AS_TYPED = { autocomplete: "off", autocapitalize: "none", spellcheck: "false" };

/**
 * @param {object[]} providers of the agent's table
 * @param {{host?: string, account?: string, provider?: string}} given
 */
export function accountForm(providers, given, onsubmit) {
  const hosts = uid();
  const known = providers.flatMap((each) => each.hosts);
  let adapted; // the provider whose words and fields are shown
  const place = field("host", t("hsm.host"), {
    ...AS_TYPED,
    inputmode: "url",
    required: true,
    maxlength: "300",
    list: known.length > 0 && hosts,
    value: given.host,
    hint: t("hsm.host-hint"),
    oninput: adapt,
  });
  const kind = choiceField(
    "provider",
    t("hsm.provider"),
    [["", t("hsm.recognise")], ...providers.map(({ id, name }) => [id, name])],
    { value: given.provider, onchange: adapt, hint: t("hsm.provider-hint") },
  );
  const account = field("account", t("hsm.account"), { ...AS_TYPED, required: true, maxlength: "200", value: given.account });
  const password = secretField("password", t("hsm.password"), { hint: t("hsm.password-hint") });
  const more = h("div", { class: "fields", hidden: true });
  const element = h(
    "form",
    { id: "account", class: "stack", novalidate: true, autocomplete: "off", onsubmit },
    h("datalist", { id: hosts }, known.map((host) => h("option", { value: host }))),
    h("div", { class: "fields" }, place, kind, account, password),
    more,
  );
  const at = (name) => element.querySelector(`[name="${CSS.escape(name)}"]`);
  adapt();
  return { element, at, given: typed, asked, wipe };

  /** The provider's own words for account and password, and what else it wants to know. */
  function adapt() {
    const provider = chosen();
    if (provider === adapted) return;
    adapted = provider;
    account.querySelector("label").textContent = provider ? pick(provider.account) : t("hsm.account");
    password.querySelector("label").textContent = provider ? pick(provider.password) : t("hsm.password");
    wipe(more);
    fill(more, (provider?.fields ?? []).map(extra));
    more.hidden = more.children.length === 0;
  }

  /** By hand, or by a host that only one of them has. */
  function chosen() {
    const { host, provider } = typed();
    if (provider) return providers.find(({ id }) => id === provider);
    const name = host.toLowerCase().replace(/^https:\/\//, "").replace(/\/$/, "");
    return providers.find(({ hosts }) => hosts.includes(name));
  }

  /** What may be shown again: no secret. */
  function typed() {
    return { host: at("host").value.trim(), account: at("account").value.trim(), provider: at("provider").value };
  }

  /** For the agent, at the moment of asking. */
  function asked() {
    const { provider, ...rest } = typed();
    const fields = (chosen()?.fields ?? []).map(({ name, secret }) => {
      const { value } = at(`extra-${name}`);
      return [name, secret ? value : value.trim()];
    });
    const filled = Object.fromEntries(fields.filter(([, value]) => value !== ""));
    return { ...rest, provider: provider || undefined, fields: filled, password: at("password").value };
  }

  function wipe(within = element) {
    for (const input of within.querySelectorAll("[data-secret]")) input.value = "";
  }
}

const secretField = (name, label, rest = {}) =>
  field(name, label, { ...AS_TYPED, type: "password", required: true, maxlength: "1000", "data-secret": true, ...rest });

function extra({ name, label, required, secret }) {
  const words = required ? pick(label) : t("hsm.optional", { label: pick(label) });
  const make = secret ? secretField : field;
  return make(`extra-${name}`, words, { ...AS_TYPED, required, maxlength: "1000" });
}
