/** What must not be repeated, wherever a server repeats it to us. */
import { escapeXml } from '../../util/escape-xml.js';

// Taken out of a text, anything shorter would take the text apart.
const SHORTEST = 4;

// The password or token, and the keys of the latest sessions.
const MOST = 16;

const PLACEHOLDER = '[redacted]';

/** The secrets of one client: password, token, ticket, and the keys of its sessions. */
export class Secrets {
  readonly #forms = new Map<string, readonly string[]>();

  /** Remembers one. */
  keep(secret: string): void {
    if (secret.length < SHORTEST) {
      return;
    }
    const forms = this.#forms.get(secret) ?? formsOf(secret);
    this.#forms.delete(secret);
    this.#forms.set(secret, forms);
    for (const oldest of [...this.#forms.keys()].slice(0, -MOST)) {
      this.#forms.delete(oldest);
    }
  }

  /** The text without them, however they are written in it. */
  redact(text: string): string {
    // The longest first: one form may be a part of another.
    const forms = [...this.#forms.values()].flat().sort((left, right) => right.length - left.length);
    return forms.reduce((rest, form) => rest.replaceAll(form, PLACEHOLDER), text);
  }
}

/** A secret as it may come back: as it is, or escaped for XML, JSON, a URL or by base64. */
function formsOf(secret: string): readonly string[] {
  // A cookie's value may stand in quotes.
  const plain = [...new Set([secret, secret.replace(/^"(.*)"$/, '$1')])].filter(({ length }) => length >= SHORTEST);
  const forms = plain.flatMap((text) => {
    const few = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    const url = percentEncoded(text);
    return [
      text,
      few,
      few.replaceAll('"', '&quot;'),
      few.replaceAll('"', '&#34;').replaceAll("'", '&#39;'),
      escapeXml(text),
      JSON.stringify(text).slice(1, -1),
      url,
      url.replaceAll('%20', '+'),
      url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
      ...base64Of(text),
    ];
  });
  return [...new Set(forms)];
}

/** Also where it stands in the middle of something that was encoded as a whole, such as `user:password`. */
function base64Of(text: string): readonly string[] {
  const bytes = [...new TextEncoder().encode(text)].map(charOf).join('');
  const parts = [0, 1, 2].map((before) => {
    const encoded = btoa('\0'.repeat(before) + bytes).replace(/=+$/, '');
    // The characters at the ends hold bits of what is beside it.
    const begin = [0, 2, 3][before] ?? 0;
    const end = (before + bytes.length) % 3 === 0 ? encoded.length : encoded.length - 1;
    return encoded.slice(begin, end);
  });
  return parts
    .filter(({ length }) => length >= SHORTEST)
    .flatMap((part) => [part, part.replaceAll('+', '-').replaceAll('/', '_')]);
}

function percentEncoded(text: string): string {
  // Halves of surrogate pairs have no such form.
  return encodeURIComponent(text.replace(/\p{Cs}/gu, '\uFFFD'));
}

function charOf(byte: number): string {
  return String.fromCharCode(byte);
}
