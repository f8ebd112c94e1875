/** What is expected of event files as people have them: the rows of the VMs in them, or an error with the way out. */
import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('./samples/forms/', import.meta.url);

const WAY_OUT = /print them with `govc events -json -l PATH PATH`, where PATH is that of the VM/;
const ONE = [['vm-101', 'web-1', 'CustomizationSucceeded']];
const TWO = [
  ['vm-29', null, 'CustomizationSucceeded'],
  ['vm-31', null, 'CustomizationFailed'],
];

/** Sets of rows are in the order of the VMs' ids; an error has to fit all of the expressions. */
const EXPECTED = {
  'govc-0.28-no-key.jsonl': [/have no key/, /2022/, WAY_OUT],
  'govc-events-json-l-one-vm.txt': [/do not say which VM/, WAY_OUT],
  'govc-events-json-l-two-vms.txt': TWO,
  'govc-events-json-one-vm.txt': [/have no type/, /without `?-l/, WAY_OUT],
  'knative-json-base64.jsonl': ONE,
  'knative-xml-default-encoding.jsonl': ONE,
  'powercli-export-csv.csv': [/Export-Csv/, WAY_OUT],
  'pwsh7-convertto-json-default-depth.json': ONE,
  'pwsh7-convertto-json-depth4.json': ONE,
  'pyvmomi-VmomiJSONEncoder.json': TWO.map(([vm, , status], at) => [vm, `DC0_H0_VM${at}`, status]),
  'veba-binary-bodies.jsonl': [/have no type/, /headers/, WAY_OUT],
  'veba-structured-lines.jsonl': ONE,
  'vsphere-client-export.csv': [/vSphere Client/, WAY_OUT],
  'windows-powershell51-convertto-json.json': ONE,
};

/** Each file: its name, its bytes, and either the `rows` or the `errors` that are expected. */
export function eventForms() {
  const names = readdirSync(FOLDER).filter((name) => name !== 'PROVENANCE.md');
  const unknown = [...new Set([...names, ...Object.keys(EXPECTED)])].filter(
    (name) => !names.includes(name) || EXPECTED[name] === undefined,
  );
  if (unknown.length > 0) throw new Error(`nothing is known of ${unknown.join(', ')}, or it is not there`);
  return names.map((name) => ({
    name,
    bytes: readFileSync(new URL(name, FOLDER)),
    ...(EXPECTED[name][0] instanceof RegExp ? { errors: EXPECTED[name] } : { rows: EXPECTED[name] }),
  }));
}

/** The rows of a report as they are expected here. */
export function rowsOf({ vms }) {
  return vms
    .map(({ vm, name, customizationStatus }) => [vm, name, customizationStatus])
    .sort(([left], [right]) => (left < right ? -1 : 1));
}
