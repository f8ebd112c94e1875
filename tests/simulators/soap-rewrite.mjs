/**
 * Changes a simulator's answers as text, for what its missing permission
 * checks would have changed. The simulators' own writing is all that has to
 * be understood here, so patterns do.
 */
import { escapeXml, faultParts } from './soap.mjs';

const objectsOf = (id) =>
  new RegExp(`<objects>\\s*<obj\\b[^>]*type="(\\w+)"[^>]*>${id}</obj>((?:(?!</objects>)[\\s\\S])*)</objects>`, 'g');

/** The object's properties become a missingSet each: how vCenter refuses an object that the request names. */
export function markUnreadable(text, id, fault) {
  return text.replace(objectsOf(id), (_, type, properties) => {
    const { message, inner } = faultParts(fault, { type, value: id });
    const missing = [...properties.matchAll(/<propSet>\s*<name>([^<]*)<\/name>/g)].map(
      ([, path]) =>
        `<missingSet><path>${path}</path><fault>` +
        `<fault xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:type="${fault}">${inner}</fault>` +
        `<localizedMessage>${escapeXml(message)}</localizedMessage></fault></missingSet>`,
    );
    return `<objects><obj type="${type}">${id}</obj>${missing.join('')}</objects>`;
  });
}

/** The object is not in the answer: how a view leaves out what may not be seen. */
export function hideObject(text, id) {
  return text.replace(objectsOf(id), '');
}

/** A search that found the object has found nothing. */
export function blankReference(text, id) {
  return text.replace(new RegExp(`<returnval\\b[^>]*>${id}</returnval>`, 'g'), '');
}

/** The events of one VM are not in the answer. */
export function dropEvents(text, vm) {
  const mentioned = new RegExp(`<vm\\b[^>]*type="VirtualMachine"[^>]*>${vm}</vm>`);
  const element = text.includes('<filterSet>') ? 'Event' : 'returnval';
  const events = new RegExp(`<${element}\\b[^>]*>[\\s\\S]*?</${element}>`, 'g');
  return text.replace(events, (event) => (mentioned.test(event) ? '' : event));
}
