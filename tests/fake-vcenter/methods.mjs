/** What each SOAP method answers. */
import { randomUUID } from 'node:crypto';
import { escapeXml, faultParts } from '../lib/soap.mjs';
import { collect, notFound } from './collector.mjs';
import { writeEvent } from './events.mjs';
import { Fault, invalidArgument } from './fault.mjs';
import { isKind } from './inventory.mjs';
import { formatTime } from './time.mjs';

/** The objects that are there but once, and their ids, as on a real vCenter and a real host. */
export function singletons(esx) {
  return {
    ServiceInstance: 'ServiceInstance',
    SessionManager: esx ? 'ha-sessionmgr' : 'SessionManager',
    EventManager: esx ? 'ha-eventmgr' : 'EventManager',
    PropertyCollector: esx ? 'ha-property-collector' : 'propertyCollector',
    ViewManager: 'ViewManager',
    SearchIndex: esx ? 'ha-searchindex' : 'SearchIndex',
  };
}

/** The methods that need no session. */
export const open = new Set(['RetrieveServiceContent', 'Login']);

const REFERENCE = (element, ref) => `<${element} type="${ref.type}">${escapeXml(ref.value)}</${element}>`;

/** @type {Record<string, (server: any, call: any) => string>} the content of the response element */
export const answers = {
  RetrieveServiceContent: ({ inventory, about, esx }) => {
    const single = (element, type) => REFERENCE(element, { type, value: singletons(esx)[type] });
    const facts = Object.entries(about).map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`);
    return `<returnval>${[
      REFERENCE('rootFolder', inventory.root.ref),
      single('propertyCollector', 'PropertyCollector'),
      single('viewManager', 'ViewManager'),
      `<about>${facts.join('')}</about>`,
      single('sessionManager', 'SessionManager'),
      single('eventManager', 'EventManager'),
      single('searchIndex', 'SearchIndex'),
    ].join('')}</returnval>`;
  },

  CurrentTime: ({ now }) => `<returnval>${formatTime(now())}</returnval>`,

  Login: ({ sessions }, call) => {
    const { userName, password, locale } = call.arguments;
    const session = call.session ? undefined : sessions.logIn(userName, password, locale, call.userAgent);
    if (!session) throw new Fault('InvalidLogin', faultParts('InvalidLogin').message);
    call.loggedIn(session);
    const at = formatTime(session.loginTime);
    return (
      `<returnval><key>${session.key}</key><userName>${escapeXml(userName)}</userName>` +
      `<fullName>${escapeXml(userName)}</fullName><loginTime>${at}</loginTime><lastActiveTime>${at}</lastActiveTime>` +
      `<locale>${escapeXml(session.locale)}</locale><messageLocale>${escapeXml(session.locale)}</messageLocale>` +
      `<extensionSession>false</extensionSession><ipAddress>127.0.0.1</ipAddress>` +
      `<userAgent>${escapeXml(session.userAgent)}</userAgent><callCount>0</callCount></returnval>`
    );
  },

  Logout: ({ sessions }, { session }) => {
    sessions.end(session);
    return '';
  },

  SessionIsActive: ({ sessions }, call) => {
    const { sessionID, userName } = call.arguments;
    const active = sessions.list().some(({ key, userName: user }) => key === sessionID && user === userName);
    return `<returnval>${active}</returnval>`;
  },

  CreateContainerView: ({ inventory }, { session, arguments: { container, type, recursive } }) => {
    const root = inventory.get(container);
    if (!root) throw notFound(container);
    if (root.ref.type === 'VirtualMachine') throw invalidArgument('container');
    const ref = { type: 'ContainerView', value: `session[${session.key}]${randomUUID()}` };
    const members = () =>
      inventory
        .below(root, recursive)
        .filter((object) => type.length === 0 || type.some((kind) => isKind(object, kind)));
    session.objects.set(ref.value, { ref, container, types: type, recursive, members });
    return REFERENCE('returnval', ref);
  },

  DestroyView: (_, { session, on }) => {
    session.objects.delete(on.value);
    return '';
  },

  RetrieveProperties: (server, call) =>
    collect(call.arguments.specSet, server.collecting(call.session))
      .map((content) => `<returnval>${content}</returnval>`)
      .join(''),

  RetrievePropertiesEx: (server, call) => {
    const { specSet, options } = call.arguments;
    if (options.maxObjects !== undefined && options.maxObjects < 1) throw invalidArgument('maxObjects');
    const page = Math.min(options.maxObjects ?? Number.POSITIVE_INFINITY, server.propertyPageSize);
    return propertyPage(call.session, collect(specSet, server.collecting(call.session)), page);
  },

  ContinueRetrievePropertiesEx: (_, { session, arguments: { token } }) => {
    const rest = session.objects.get(`token ${token}`);
    if (!rest) throw invalidArgument('token');
    session.objects.delete(`token ${token}`);
    return propertyPage(session, rest.contents, rest.page);
  },

  CancelRetrievePropertiesEx: (_, { session, arguments: { token } }) => {
    if (!session.objects.delete(`token ${token}`)) throw invalidArgument('token');
    return '';
  },

  FindByInventoryPath: ({ inventory, sessions }, { arguments: { inventoryPath } }) => {
    const found = inventory.at(inventoryPath);
    return found && !sessions.denied.has(found.ref.value) ? REFERENCE('returnval', found.ref) : '';
  },

  QueryEvents: ({ inventory, sessions, events, esx }, { arguments: { filter } }) => {
    if (esx) throw new Fault('NotImplemented', 'The operation is not supported on the object.');
    const of = filter.entity?.entity;
    if (of && !inventory.get(of)) throw notFound(of);
    if (of && sessions.denied.has(of.value)) {
      const { message, inner } = faultParts('NoPermission', of);
      throw new Fault('NoPermission', message, inner);
    }
    return events
      .query(filter, (vm) => !sessions.denied.has(vm))
      .map((event) => writeEvent(event, filter))
      .join('');
  },
};

function propertyPage(session, contents, page) {
  if (contents.length === 0) return '';
  let token = '';
  if (contents.length > page) {
    token = randomUUID();
    session.objects.set(`token ${token}`, { contents: contents.slice(page), page });
  }
  const objects = contents.slice(0, page).map((content) => `<objects>${content}</objects>`);
  return `<returnval>${token && `<token>${token}</token>`}${objects.join('')}</returnval>`;
}
