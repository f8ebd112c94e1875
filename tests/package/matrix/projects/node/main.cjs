const { readFileSync } = require('node:fs');
const { replay } = require('vm-customization');

process.stdout.write(replay(readFileSync(process.argv[2])));
