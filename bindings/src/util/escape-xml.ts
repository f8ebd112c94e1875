const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  // Written out, because a parser turns the bare characters into spaces or line feeds.
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
};

// XML 1.0 has no way to write these: control characters, two that are none, halves of surrogate pairs.
const NOT_XML = /(?![\t\n\r\u007F-\u009F])\p{Cc}|[\uFFFE\uFFFF]|\p{Cs}/gu;

/** Text as the content of an element or an attribute; what XML 1.0 cannot hold becomes U+FFFD. */
export function escapeXml(text: string): string {
  return text.replace(NOT_XML, '\uFFFD').replace(/[&<>"'\t\n\r]/g, (character) => ESCAPES[character] ?? character);
}
