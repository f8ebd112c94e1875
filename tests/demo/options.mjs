/** The options of the demos, for people. */
import { parseArgs } from 'node:util';

/** Exit status of who asked for what there is not. */
const MISUSE = 3;

/** What was given; prints the usage and ends when that is asked for. */
export function optionsOf(usage, options) {
  let values;
  try {
    ({ values } = parseArgs({ options: { ...options, help: { type: 'boolean', short: 'h' } } }));
  } catch (error) {
    // Its first sentence says what is wrong; those after it are about programming.
    refuse(`${error.message.split(/\. |\n/)[0].replace(/\.$/, '')}; --help lists the options`);
  }
  if (values.help) {
    console.log(usage);
    process.exit(0);
  }
  return values;
}

/** Says in one line why nothing is done. */
export function refuse(message) {
  console.error(message);
  process.exit(MISUSE);
}
