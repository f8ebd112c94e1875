/** What the pages of this project may do: nothing from elsewhere, no inline script, no text that becomes code. */

/** In the form of Hono's `secureHeaders`. The same stands in web-demo/README.md for a server of one's own. */
export const PAGE_POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
  styleSrc: ["'self'"],
  connectSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  requireTrustedTypesFor: ["'script'"],
};

/** The same as one text. @param {Readonly<Record<string, readonly string[]>>} policy */
export function policyText(policy) {
  return Object.entries(policy)
    .map(([name, values]) => `${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${values.join(' ')}`)
    .join('; ');
}
