/** The arguments of the calls, as XML, in the order of the schema: vCenter refuses any other. */
import type { EventFilter, MoRef, PropertyQuery, PropertySet, WaitOptions, WatchedProperties } from '../api/vim-api.js';
import { element, reference } from './xml.js';

/** `EventFilterSpec` as the parameter `filter`. */
export function eventFilter(filter: EventFilter): string {
  const entity =
    filter.entity === undefined
      ? ''
      : `<entity>${reference('entity', filter.entity.ref)}${element('recursion', filter.entity.recursion)}</entity>`;
  const bounds = optional('beginTime', filter.beginTime) + optional('endTime', filter.endTime);
  const time = bounds === '' ? '' : `<time>${bounds}</time>`;
  const types = filter.types.map((type) => element('eventTypeId', type)).join('');
  const maxCount = optional('maxCount', filter.maxCount?.toString());
  return `<filter>${entity}${time}<disableFullMessage>false</disableFullMessage>${types}${maxCount}</filter>`;
}

/** `PropertyFilterSpec` as the parameter `spec`, and that changes are to be told as whole properties. */
export function propertyFilter({ ref, paths }: WatchedProperties): string {
  const set = propertySet({ type: ref.type, paths });
  return `<spec>${set}${objectSpec(ref)}</spec><partialUpdates>false</partialUpdates>`;
}

/** The parameters of `WaitForUpdatesEx`. */
export function waitArguments(version: string, options: WaitOptions): string {
  const limits =
    element('maxWaitSeconds', String(options.maxWaitSeconds)) +
    optional('maxObjectUpdates', options.maxObjectUpdates?.toString());
  return `${element('version', version)}<options>${limits}</options>`;
}

/** The parameters of `RetrievePropertiesEx`. */
export function propertyArguments({ sets, objects, maxObjects }: PropertyQuery): string {
  const objectSet = 'view' in objects ? viewSpec(objects.view) : objects.map(objectSpec).join('');
  return `<specSet>${sets.map(propertySet).join('')}${objectSet}</specSet><options>${element('maxObjects', String(maxObjects))}</options>`;
}

const WSS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity';
const TOKEN_REQUEST_MS = 300_000;

/**
 * The header that `LoginByToken` reads a bearer token from.
 *
 * @param now - the server's clock, in milliseconds since 1970: the request is good for five minutes of it
 */
export function tokenHeader(token: string, now: number): string {
  const created = new Date(now).toISOString();
  const expires = new Date(now + TOKEN_REQUEST_MS).toISOString();
  // Inside a document there is no place for a declaration.
  const assertion = token.replace(/^\uFEFF?\s*<\?xml[^>]*\?>/, '').trim();
  return (
    `<wsse:Security xmlns:wsse="${WSS}-secext-1.0.xsd" xmlns:wsu="${WSS}-utility-1.0.xsd">` +
    `<wsu:Timestamp><wsu:Created>${created}</wsu:Created><wsu:Expires>${expires}</wsu:Expires></wsu:Timestamp>` +
    `${assertion}</wsse:Security>`
  );
}

function propertySet({ type, paths }: PropertySet): string {
  const pathSet = paths.map((path) => element('pathSet', path)).join('');
  return `<propSet>${element('type', type)}<all>false</all>${pathSet}</propSet>`;
}

function objectSpec(ref: MoRef): string {
  return `<objectSet>${reference('obj', ref)}<skip>false</skip></objectSet>`;
}

function viewSpec(view: MoRef): string {
  return (
    `<objectSet>${reference('obj', view)}<skip>true</skip>` +
    '<selectSet xsi:type="TraversalSpec"><type>ContainerView</type><path>view</path><skip>false</skip></selectSet>' +
    '</objectSet>'
  );
}

function optional(name: string, text: string | undefined): string {
  return text === undefined ? '' : element(name, text);
}
