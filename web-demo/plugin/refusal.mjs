import { HTTPException } from 'hono/http-exception';

/** A request that is not answered, and what the page is told of it. Never holds what the page has sent. */
export class Refusal extends HTTPException {
  /**
   * @param {import('hono/utils/http-status').ContentfulStatusCode} status of HTTP
   * @param {import('vm-customization').ReadFailure['kind']} kind what the page's machine makes of it
   * @param {string} message
   */
  constructor(status, kind, message) {
    super(status, { message });
    this.name = 'Refusal';
    this.kind = kind;
  }
}
