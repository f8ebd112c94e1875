/**
 * For `node --import`: each SIGUSR2 puts the process's monotonic clock ahead by `CLOCK_STEP_MS`, so that minutes of silence
 * take no time. Timers go as they go.
 */
let aheadMs = 0;
const now = performance.now.bind(performance);
performance.now = () => now() + aheadMs;
process.on('SIGUSR2', () => {
  aheadMs += Number(process.env.CLOCK_STEP_MS);
});
