/** The ticks of the time axis, in time zones of all kinds, around each change of their clocks. */
import assert from 'node:assert/strict';
import process from 'node:process';
import { after, describe, test } from 'node:test';
import { internal } from './internal.mjs';

const { TimeAxis, durationText, usualRange } = await internal('element/time-axis');

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const EM = 12;

/** Zones whose clocks change by an hour, by half an hour, at midnight, across the date line, and never. */
const ZONES = {
  'Europe/Berlin': 2026,
  'America/New_York': 2026,
  'America/Havana': 2026,
  'America/Santiago': 2026,
  'Asia/Beirut': 2026,
  'Australia/Lord_Howe': 2026,
  'Pacific/Chatham': 2026,
  'Pacific/Apia': 2011,
  'America/Sao_Paulo': 2018,
  'Asia/Kathmandu': 2026,
  UTC: 2026,
};

const own = process.env.TZ;
after(() => {
  if (own === undefined) delete process.env.TZ;
  else process.env.TZ = own;
});

/** What clocks show there, as if it were UTC, and not by what the axis asks. */
function clockOf(zone) {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  return (time) => {
    const part = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
  };
}

/** The moments of a year at which the clocks change; one in the middle where they do not. */
function changes(shown, year) {
  const found = [];
  const offset = (time) => shown(time) - time;
  for (let day = Date.UTC(year, 0, 1); day < Date.UTC(year + 1, 0, 1); day += DAY) {
    if (offset(day) === offset(day + DAY)) continue;
    for (let time = day + 30 * MINUTE; time <= day + DAY; time += 30 * MINUTE) {
      if (offset(time) !== offset(time - 30 * MINUTE)) found.push(time);
    }
  }
  return found.length === 0 ? [Date.UTC(year, 6, 1)] : found;
}

const SPANS = [30 * MINUTE, 3 * HOUR, 8 * HOUR, DAY, 3 * DAY, 8 * DAY, 40 * DAY];

for (const [zone, year] of Object.entries(ZONES)) {
  describe(`in ${zone}`, () => {
    const shown = clockOf(zone);
    for (const change of changes(shown, year)) {
      for (const span of SPANS) {
        test(`${span / HOUR} h around ${new Date(change).toISOString()} have every round local time once`, () => {
          process.env.TZ = zone;
          for (const shift of [0.1, 0.9]) {
            const axis = new TimeAxis(
              change - span * shift,
              change + span * (1 - shift),
              { width: 900, em: EM },
              Number.POSITIVE_INFINITY,
            );
            const ticks = axis.ticks();
            assert.ok(axis.toMs >= change + span * (1 - shift), 'the axis ends ahead');
            assert.ok(axis.toMs <= change + span * (1 - shift) + span / 2, 'and not far ahead');
            assert.deepEqual(ticks, roundTimes(axis, shown));
            if (axis.stepMs >= DAY) {
              const labels = ticks.map((tick) => axis.label(tick));
              assert.equal(new Set(labels).size, labels.length, `${labels}`);
            }
          }
        });
      }
    }
  });
}

/** By looking at every moment that may be one. */
function roundTimes({ fromMs, toMs, stepMs }, shown) {
  const grain = stepMs < MINUTE ? 1_000 : stepMs < 15 * MINUTE ? MINUTE : 15 * MINUTE;
  const found = [];
  let day;
  for (let time = Math.ceil(fromMs / grain) * grain - (stepMs < DAY ? 0 : 2 * DAY); time <= toMs; time += grain) {
    const local = shown(time);
    if (stepMs < DAY) {
      if (local % stepMs === 0) found.push(time);
    } else {
      // The first moment of a date that is due.
      const today = Math.floor(local / DAY) * DAY;
      if (today !== day && day !== undefined && today > day && today % stepMs === 0 && time >= fromMs) found.push(time);
      day = Math.max(today, day ?? today);
    }
  }
  return found;
}

test('Berlin on 25 October has each date once, at midnight', () => {
  process.env.TZ = 'Europe/Berlin';
  const axis = new TimeAxis(
    Date.parse('2026-10-23T00:00:00+02:00'),
    Date.parse('2026-10-28T00:00:00+01:00'),
    { width: 500, em: EM },
    Number.POSITIVE_INFINITY,
  );
  assert.equal(axis.stepMs, DAY);
  assert.deepEqual(
    axis.ticks().map((tick) => `${axis.label(tick)} ${new Date(tick).toTimeString().slice(0, 5)}`),
    ['10-23', '10-24', '10-25', '10-26', '10-27', '10-28'].map((date) => `${date} 00:00`),
  );
});

test('an axis of elapsed times begins at 0, ends where its range does, and its labels are durations', () => {
  const size = { width: 500, em: EM };
  const labels = (longestMs, range) => {
    const axis = TimeAxis.elapsed(longestMs, size, range);
    return [axis.fromMs, axis.toMs / 60_000, axis.ticks().map((tick) => axis.label(tick))];
  };
  assert.deepEqual(labels(17 * 60_000, 'all'), [0, 20, ['0', '5 min', '10 min', '15 min', '20 min']]);
  assert.deepEqual(labels(5 * 3_600_000, '30m')[1], 30);
  assert.deepEqual(labels(30 * 60_000 - 1, '30m')[1], 30);
  assert.deepEqual(labels(5 * 3_600_000, '2h')[1], 120);
});

test('of a run that goes on the last two hours are shown unless told otherwise, of one that is over all', () => {
  const hour = 3_600_000;
  const run = { originMs: 0, serverNowMs: 10 * hour, earliestMs: 0, latestMs: 9 * hour, axisEndMs: null, ended: false };
  for (const [more, range] of [
    [{}, '2h'],
    [{ ended: true }, 'all'],
    [{ axisEndMs: 10 * hour }, 'all'],
  ]) {
    assert.equal(usualRange({ ...run, ...more }), range);
  }
  for (const [range, span] of [
    ['30m', 0.5],
    ['2h', 2],
    ['8h', 8],
  ]) {
    const { fromMs, toMs } = TimeAxis.of(run, { width: 500, em: EM }, range);
    assert.equal((toMs - fromMs) / hour, span);
    assert.ok(toMs >= run.serverNowMs && toMs < run.serverNowMs + hour, `${toMs}`);
  }
  assert.equal(TimeAxis.of(run, { width: 500, em: EM }, 'all').fromMs, 0);
});

test('durations are said in two units at most', () => {
  for (const [ms, text] of [
    [0, '0 s'],
    [999, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [78_000, '1 min 18 s'],
    [3_599_999, '59 min 59 s'],
    [3_600_000, '1 h'],
    [7_380_000, '2 h 3 min'],
    [86_400_000 + 59_000, '1 d'],
    [3 * 86_400_000 + 4 * 3_600_000, '3 d 4 h'],
  ]) {
    assert.equal(durationText(ms), text);
  }
});
