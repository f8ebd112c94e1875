/**
 * What stands for a VM inside the command: the value of its reference, or a key where there is none or where several servers
 * have the same.
 */

// In no value of a reference, and in no name that a person can type.
const MARK = '\u0000';

/** For a name that no VM fits. */
export const missingKey = (name: string): string => MARK + name;

/** For a VM of one of several servers. */
export const keyOn = (server: string, vm: string): string => `${server}${MARK}${MARK}${vm}`;

/** The value of the reference; null where there is no VM. */
export function vmOf(key: string): string | null {
  const vm = parts(key)[1];
  return vm.startsWith(MARK) ? null : vm;
}

/** The same with the name in place of a reference that there is none of. */
export const vmOrName = (key: string): string => vmOf(key) ?? parts(key)[1].slice(MARK.length);

/** The server; null where there is one alone. */
export const serverOf = (key: string): string | null => parts(key)[0];

function parts(key: string): readonly [server: string | null, vm: string] {
  // No server is called so, and the key of a name has the mark once at its beginning.
  const end = key.indexOf(MARK + MARK, 1);
  return end === -1 ? [null, key] : [key.slice(0, end), key.slice(end + 2)];
}
