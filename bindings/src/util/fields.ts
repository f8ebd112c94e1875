/** What a caller hands over, looked at field by field: the types are no protection where JavaScript calls. */
import { OptionsError } from '../errors.js';
import { describe } from './describe.js';

/** What a field may be; `undefined` is a field that is left out. */
export interface Field {
  readonly fits: (value: unknown) => boolean;
  /** What to do in place of a value that does not fit. */
  readonly give: string;
  /** Nothing but its type is shown of a value that does not fit. */
  readonly secret?: true;
  /** Of the error. Default `invalidOptions`. */
  readonly code?: string;
  /** A message that lists what there is leaves it out. */
  readonly unlisted?: true;
}

/** The fields that an object may have. */
export type Fields = Readonly<Record<string, Field>>;

/** A text, or null where that says the same as nothing. */
export const isText = (value: unknown): boolean => typeof value === 'string';

/** A text that may be a secret. */
export const TEXT: Field = { fits: isText, give: 'give a text, or leave it out', secret: true };

/** One of these. */
export function oneOf(...values: readonly string[]): Field {
  const list = values.map((value) => `'${value}'`);
  const give = `give ${list.slice(0, -1).join(', ')} or ${list.at(-1)}`;
  return { fits: (value) => values.includes(value as string), give };
}

/** True or false. */
export const FLAG: Field = {
  fits: (value) => typeof value === 'boolean',
  give: 'give true or false, or leave it out',
};

/** A function. */
export const FUNCTION: Field = {
  fits: (value) => typeof value === 'function',
  give: 'give a function, or leave it out',
};

/** An object with these methods, whatever its class: it may be of another realm, or a stand-in. */
export function withMethods(give: string, ...names: readonly string[]): Field {
  const isMethod = (value: object, name: string): boolean =>
    typeof (value as Readonly<Record<string, unknown>>)[name] === 'function';
  return { fits: (value) => isObject(value) && names.every((name) => isMethod(value, name)), give };
}

/** What an AbortController has. */
export const SIGNAL: Field = withMethods(
  'give an AbortSignal, or leave it out',
  'addEventListener',
  'removeEventListener',
);

/** Host time. */
export const CLOCK: Field = withMethods(
  'give an object with the methods now and sleep, or leave it out',
  'now',
  'sleep',
);

/** The address of a server, which may hold a password. */
export const ADDRESS: Field = {
  fits: isUrl,
  give: "give a URL object, such as new URL('https://vc.example.com/sdk')",
  secret: true,
};

/** Whether it has fields at all. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Whether it is a URL, also one of another realm. */
export function isUrl(value: unknown): value is URL {
  return tagOf(value) === 'URL';
}

/** Whether its own fields are all that it is: a list, a map or a signal would pass for options that say nothing. */
export function isRecord(value: unknown): value is object {
  return ['Object', 'Module'].includes(tagOf(value));
}

/** What it calls itself, whatever realm its class is of. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}

/** The error for a value that cannot be used: its name, what it is, and what to do. */
export function unusable(name: string, value: unknown, { give, secret, code }: Omit<Field, 'fits'>): OptionsError {
  const shown =
    secret === true && value !== null && value !== undefined ? `a value of type ${typeof value}` : describe(value);
  return new OptionsError(code ?? 'invalidOptions', `${name} is ${shown}: ${give}`);
}

/**
 * Refuses fields of an object that do not fit.
 * @param at - goes before their names, such as `vms[0].`
 * @throws {@link OptionsError} that names the first
 */
export function checkFields(given: object, fields: Fields, at = ''): void {
  for (const [name, field] of Object.entries(fields)) {
    const value = (given as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined) {
      checkValue(at + name, value, field);
    }
  }
}

/**
 * Refuses a value that does not fit.
 * @throws {@link OptionsError} that names it
 */
export function checkValue(name: string, value: unknown, field: Field): void {
  if (!field.fits(value)) {
    throw unusable(name, value, field);
  }
}

/** Of what was given these fields alone. */
export function only<T extends object, K extends string>(
  given: T,
  fields: Readonly<Record<K, Field>>,
): Pick<T, K & keyof T> {
  return Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(fields, name))) as Pick<
    T,
    K & keyof T
  >;
}

/**
 * Refuses options that are no plain object, that do not fit, or that nobody knows. An option that is undefined is one that is
 * left out; null is a value, and fits where it says something of its own.
 * @param of - what they are options of, such as `a watch`
 * @param otherwise - what to do in place of what is no object
 * @throws {@link OptionsError} that names the option
 */
export function checkKnown(of: string, given: unknown, fields: Fields, otherwise = 'pass an object, or nothing'): void {
  if (!isRecord(given)) {
    // An address in their place may hold a password.
    const what = isText(given) ? 'a text' : describe(given);
    throw new OptionsError('invalidOptions', `the options are ${what}: ${otherwise}`);
  }
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && !Object.hasOwn(fields, name)) {
      throw new OptionsError(
        'invalidOptions',
        `${describe(name).slice('the text '.length)} is no option of ${of}: it has ${listOf(fields)}`,
      );
    }
  }
  checkFields(given, fields);
}

function listOf(fields: Fields): string {
  const listed = Object.entries(fields).filter(([, { unlisted }]) => unlisted !== true);
  return listed.map(([name]) => name).join(', ');
}
