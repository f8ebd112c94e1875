/** A fault on its way to the client, and those that are made in several places. */
import { Data } from './values.mjs';

export class Fault extends Error {
  /**
   * @param {string} type the fault's class
   * @param {string} message
   * @param {Record<string, any>} [fields] its own
   */
  constructor(type, message = '', fields = {}) {
    super(message);
    this.type = type;
    this.fields = fields;
  }

  /** As it stands inside of an answer, beside what could be done. */
  localized() {
    return new Data('LocalizedMethodFault', {
      fault: new Data(this.type, this.fields, { polymorphic: true }),
      localizedMessage: this.message,
    });
  }
}

/** The server's answer to a request it cannot make sense of. */
export function invalidRequest(message) {
  return new Fault('InvalidRequest', message);
}

export function invalidArgument(property) {
  return new Fault('InvalidArgument', `A specified parameter was not correct: ${property}`, {
    invalidProperty: property,
  });
}

export function invalidProperty(name) {
  return new Fault('InvalidProperty', '', { name });
}

export function invalidLogin() {
  return new Fault('InvalidLogin', 'Cannot complete login due to an incorrect user name or password.');
}

/** The fault for an object that is not there. */
export function notFound(ref) {
  return new Fault(
    'ManagedObjectNotFound',
    `The object '${ref.type}:${ref.value}' has already been deleted or has not been completely created`,
    { obj: ref },
  );
}

export function noPermission(object) {
  return new Fault('NoPermission', 'Permission to perform this operation was denied.', {
    object,
    privilegeId: 'System.View',
  });
}

export function notAuthenticated(object) {
  return new Fault('NotAuthenticated', 'The session is not authenticated.', { object, privilegeId: 'System.View' });
}

export function methodNotFound(receiver, method) {
  return new Fault('MethodNotFound', `Unable to resolve WSDL method name ${method} for ${receiver.type}`, {
    receiver,
    method,
  });
}

export function requestCanceled() {
  return new Fault('RequestCanceled', 'The task was canceled by a user.');
}
