/** A SOAP fault on its way to the client. */
export class Fault extends Error {
  /**
   * @param {string} type the fault's class
   * @param {string} message
   * @param {string} [inner] its fields, as XML
   */
  constructor(type, message = '', inner = '') {
    super(message);
    this.type = type;
    this.inner = inner;
  }
}

/** The server's answer to a request it cannot make sense of. */
export function invalidRequest(message) {
  return new Fault('InvalidRequest', message);
}

export function invalidArgument(property) {
  return new Fault(
    'InvalidArgument',
    `A specified parameter was not correct: ${property}`,
    `<invalidProperty>${property}</invalidProperty>`,
  );
}
