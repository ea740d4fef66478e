/** One document, of whatever kind and size, on its way to the agent and back. */
import { fromBase64, toBase64 } from "./base64.js";

/** Larger ones travel in binary frames. */
const INLINE = 256 * 1024;
/** The agent need not keep what these sign. */
const BY_DIGEST = new Set(["cades-detached"]);

/**
 * @param {import("./connection.js").Connection} connection
 * @param {Blob | ArrayBuffer | ArrayBufferView | string | {file: string}} document
 * @param {object} params of `sign.document`, without its source
 */
export async function signDocument(connection, document, params, waiting) {
  const { source, forget } = await sourceOf(connection, document, params, waiting);
  try {
    const signed = await connection.ask("sign.document", { source, ...params }, waiting);
    const { content, ...facts } = signed;
    const made = content
      ? await connection.contents.download(content, signed.size, waiting)
      : fromBase64(signed.document);
    return { ...facts, document: await like(document, made) };
  } finally {
    forget?.();
  }
}

/**
 * How a request names the document, and how what was sent for it is forgotten. Up to `inline` it is in
 * the message; larger ones travel in binary frames, and stay with the agent until `forget`.
 */
export async function sourceOf(connection, document, { profile, options }, waiting, inline = INLINE) {
  if (typeof document.file === "string") return { source: { file: document.file } };
  const blob = document instanceof Blob ? document : new Blob([document]);
  if (blob.size <= inline) {
    return { source: { document: toBase64(new Uint8Array(await blob.arrayBuffer())) } };
  }
  const digestOnly = BY_DIGEST.has(profile) && (options?.hash ?? "sha256") === "sha256";
  const content = await connection.contents.upload(blob, { digestOnly, ...waiting });
  return { source: { content }, forget: () => connection.contents.forget(content) };
}

/** A Blob for a Blob, which need not be in memory, and for a picked file; bytes for all else. */
async function like(document, made) {
  if (document instanceof Blob || typeof document.file === "string") {
    return made instanceof Blob ? made : new Blob([made]);
  }
  return made instanceof Blob ? new Uint8Array(await made.arrayBuffer()) : made;
}
