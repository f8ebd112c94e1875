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
}

/** The fields that an object may have. */
export type Fields = Readonly<Record<string, Field>>;

/** A text, or null where that says the same as nothing. */
export const isText = (value: unknown): boolean => typeof value === 'string';

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

/** Whether it has fields at all. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
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
    if (value !== undefined && !field.fits(value)) {
      throw unusable(at + name, value, field);
    }
  }
}

/**
 * Refuses options that are no object, that do not fit, or that nobody knows.
 * @param of - what they are options of, such as `a watch`
 * @param otherwise - what to do in place of what is no object
 * @throws {@link OptionsError} that names the option
 */
export function checkKnown(of: string, given: unknown, fields: Fields, otherwise = 'pass an object, or nothing'): void {
  if (!isObject(given)) {
    throw new OptionsError('invalidOptions', `the options are ${describe(given)}: ${otherwise}`);
  }
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && !Object.hasOwn(fields, name)) {
      throw new OptionsError(
        'invalidOptions',
        `${describe(name).slice('the text '.length)} is no option of ${of}: it has ${Object.keys(fields).join(', ')}`,
      );
    }
  }
  checkFields(given, fields);
}
