/**
 * The published rules against a second model of the script of 2011, written from the specification alone: thousands of
 * random recordings, natively and through WebAssembly. `PARITY_SEED` and `PARITY_COUNT` explore further.
 */
import { test } from 'node:test';
import { checkAgainst, nativeReplay, wasmReplay } from './models/compare.mjs';
import { published } from './models/published.mjs';
import { randomFrom, randomRecording } from './models/random.mjs';

const seed = Number(process.env.PARITY_SEED ?? 2011);
const count = Number(process.env.PARITY_COUNT ?? 20_000);

test(`${count} random recordings from seed ${seed}: the published rules are the script, natively and as WebAssembly`, () => {
  checkAgainst(published, {
    seed,
    count,
    make: (at) => randomRecording(randomFrom(at), 'published'),
    players: [nativeReplay(), wasmReplay()],
  });
});
