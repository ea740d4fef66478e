/** Signed files are looked at, and roots are believed: what the agent finds, and by whose word. */
import { sourceOf } from "./documents.js";

/**
 * @param {import("./connection.js").Connection} connection
 * @param {{document: Document, name: string, content?: Document, contentName?: string}} asked
 * @returns {Promise<import("./messages.d.ts").Report>} a bad signature is a report, never an error
 */
export async function verify(connection, { document, name, content, contentName }, waiting) {
  const sent = [];
  try {
    sent.push(await sourceOf(connection, document, {}, waiting));
    if (content !== undefined) sent.push(await sourceOf(connection, content, {}, waiting));
    const [signed, signedContent] = sent.map(({ source }) => source);
    const params = { source: signed, name };
    if (signedContent) params.content = signedContent;
    if (contentName !== undefined) params.content_name = contentName;
    return (await connection.ask("verify", params, waiting)).report;
  } finally {
    for (const { forget } of sent) forget?.();
  }
}
