/** What the page's policy takes as its own: no text of others becomes markup or a script. */

interface OwnPolicy {
  createHTML(own: string): string;
  createScriptURL(own: string): string;
}

interface TrustedTypes {
  createPolicy(name: string, rules: OwnPolicy): OwnPolicy;
}

const RULES: OwnPolicy = { createHTML: (own) => own, createScriptURL: (own) => own };
const policy =
  (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy('vm-customization', RULES) ?? RULES;

/** Puts a part of the page, which came with the script that needs it, at the end of another. Only once for each. */
export function addMarkup(own: string, place: Element = document.body): void {
  place.insertAdjacentHTML('beforeend', policy.createHTML(own));
}

/** The address of a script of the build. */
export function scriptUrl(own: string): string {
  return policy.createScriptURL(own);
}
