/**
 * The default rules against a second model, written from the specification alone: thousands of random recordings,
 * natively and through WebAssembly. `PARITY_SEED` and `PARITY_COUNT` explore further.
 */
import { test } from 'node:test';
import { checkAgainst, nativeReplay, wasmReplay } from './models/compare.mjs';
import { byDefaultRules } from './models/default.mjs';
import { randomFrom, randomRecording } from './models/random.mjs';

const seed = Number(process.env.PARITY_SEED ?? 1);
const count = Number(process.env.PARITY_COUNT ?? 10_000);

test(`${count} random recordings from seed ${seed}: the default rules say what the model says`, () => {
  checkAgainst(byDefaultRules, {
    seed,
    count,
    make: (at) => randomRecording(randomFrom(at), 'default'),
    players: [nativeReplay(), wasmReplay()],
  });
});
