/** Where the server is, from what people write. */
import { OptionsError } from '../errors.js';

/** A server's address, and who logs in where the address says so. */
export interface ServerAddress {
  /** With the path `/sdk` unless another was given; without user and password. */
  readonly url: URL;
  readonly user: string | undefined;
  readonly password: string | undefined;
}

/**
 * Reads `vc.example.com`, `vc.example.com:8443`, `https://vc.example.com/sdk`, `https://user@vc.example.com`.
 * @throws {@link OptionsError} that does not repeat the text, which may hold a password
 */
export function parseServer(text: string): ServerAddress {
  const trimmed = text.trim();
  let url: URL;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`);
  } catch (cause) {
    throw new OptionsError(
      'invalidServer',
      'the server is not an address: give one like vc.example.com or https://vc.example.com/sdk',
      { cause: nameOf(cause) },
    );
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new OptionsError(
      'invalidServer',
      `the server's address begins with ${url.protocol}//: give one that begins with https://`,
    );
  }
  const user = url.username === '' ? undefined : decoded(url.username);
  const password = url.password === '' ? undefined : decoded(url.password);
  url.username = '';
  url.password = '';
  url.hash = '';
  url.search = '';
  url.pathname = withoutSlashes(url.pathname) || '/sdk';
  return { url, user, password };
}

/** With a slash at the end a path is another one to the server. */
function withoutSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') {
    end -= 1;
  }
  return path.slice(0, end);
}

/** The server for messages: host, and port unless it is the usual one. */
export function hostOf(url: URL): string {
  return url.host;
}

/** Another address on the same server. Not resolved as a link would be: a path that begins with `//` names a host there. */
export function addressOf(server: URL, pathAndQuery: string): URL {
  const [path = '', query = ''] = pathAndQuery.split('?', 2);
  const url = new URL(server);
  url.pathname = path;
  url.search = query;
  return url;
}

/** The user or password of a URL, its escapes undone. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A percent sign that was not meant as an escape.
    return text;
  }
}

// The error of `new URL` carries its input, password and all.
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
