import { readFileSync } from 'node:fs';
import { replay } from 'vm-customization';

process.stdout.write(replay(readFileSync(process.argv[2])));
