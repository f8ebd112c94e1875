// One package, however it is asked for: an error thrown by one half of a program is known to the other.
import { createRequire } from 'node:module';
import * as imported from 'vm-customization';

const required = createRequire(import.meta.url)('vm-customization');
const names = Object.keys(required);
const entries = Object.entries(imported);
const same = entries.length === names.length && entries.every(([name, value]) => required[name] === value);
console.log(names.length > 3 && same ? 'same' : 'different');
