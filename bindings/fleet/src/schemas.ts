/** Data from outside, checked by the JSON Schemas that are published for it. */
import { readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';

const ajv = new Ajv2020({ allowUnionTypes: true });
for (const name of ['recording', 'wait-request', 'fleet-config', 'worker-config']) {
  const file = new URL(`./schemas/${name}.schema.json`, import.meta.url);
  ajv.addSchema(JSON.parse(readFileSync(file, 'utf8')) as object);
}

/** A check by one schema. */
export class SchemaCheck<T> {
  readonly #validate: ValidateFunction<T>;

  constructor(name: string) {
    // Each was added above; a name that was not is a mistake of this package.
    this.#validate = ajv.getSchema<T>(`${name}.schema.json`) as ValidateFunction<T>;
  }

  /** What is wrong with a value, with its place; undefined where nothing is. It is left as it is. */
  problem(value: unknown): string | undefined {
    return this.#validate(value) ? undefined : described(this.#validate.errors?.[0]);
  }
}

function described(error: ErrorObject | undefined): string {
  if (error === undefined) {
    return 'it does not fit its schema';
  }
  const { instancePath, keyword, params, message = 'does not fit', propertyName } = error;
  const place = instancePath
    .slice(1)
    .replaceAll(/\/(\d+)(?=\/|$)/g, '[$1]')
    .replaceAll('/', '.');
  const at = (name: string): string => (place === '' ? name : `${place}.${name}`);
  switch (keyword) {
    case 'additionalProperties':
      return `${at(String(params.additionalProperty))} is no option: leave it out`;
    case 'required':
      return `${at(String(params.missingProperty))} is missing`;
    case 'dependentRequired':
      return `${at(String(params.property))} needs ${at(String(params.missingProperty))} beside it`;
    case 'enum':
      return `${place} must be one of ${(params.allowedValues as unknown[]).map((value) => JSON.stringify(value)).join(', ')}`;
    default:
      return propertyName === undefined
        ? `${place === '' ? 'it' : place} ${message}`
        : `${at(propertyName)}: the name ${message}`;
  }
}
