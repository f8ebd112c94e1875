/**
 * The sources of the package that decide something, and the tests that each has to be right for, which take a second or two:
 * those that look at it alone, by bundles of the sources, or by the package that is built of them. What they do not notice
 * survives.
 */
const SAMPLES = [
  {
    tests: ['vsphere-parts'],
    sources: [
      'vsphere/api/call-history',
      'vsphere/api/faults',
      'vsphere/api/http-refusal',
      'vsphere/api/session',
      'vsphere/client/removal',
      'vsphere/client/retry-not-ready',
      'vsphere/client/session-renewal',
      'vsphere/client/sign-in',
    ],
  },
  { tests: ['vsphere-calls'], sources: ['vsphere/client/guest-info'] },
  { tests: ['event-scopes'], sources: ['vsphere/client/access', 'vsphere/client/event-scopes'] },
  {
    tests: ['vsphere-reads', 'vsphere-endless'],
    sources: [
      'vsphere/client/answers',
      'vsphere/client/arguments',
      'vsphere/client/event-query',
      'vsphere/client/properties',
      'vsphere/client/releases',
    ],
  },
  {
    tests: ['source-parts'],
    sources: ['source/backoff', 'source/event-push', 'source/pace', 'source/read-failure', 'source/with-timeout'],
  },
  {
    tests: ['watch-parts'],
    sources: [
      'watch/backlog',
      'watch/checked-page',
      'watch/conclusions',
      'watch/first-server-time',
      'watch/gap-reads',
      'watch/input-queue',
    ],
  },
  {
    tests: ['watch-runs', 'guest-info', 'readiness', 'changing-vms', 'push', 'watch', 'each-vm'],
    sources: ['watch/run-loop'],
  },
  {
    tests: ['watch-feeds'],
    sources: [
      'watch/guest-info-feed',
      'watch/monitor-feed',
      'watch/push-feed',
      'watch/readiness-feed',
      'watch/validate',
    ],
  },
];

const source = (name) => `bindings/src/${name}.ts`;
const test = (name) => `bindings/test/${name}.test.mjs`;

/** The samples, by the paths of their files. */
export const samples = SAMPLES.map(({ tests, sources }) => ({ tests: tests.map(test), sources: sources.map(source) }));

/** Of these files and folders the sampled files, each with those that the same tests judge. */
export function sampled(paths) {
  const isAsked = (file) => paths.some((path) => file === path || file.startsWith(`${path.replace(/\/$/, '')}/`));
  return samples
    .map(({ tests, sources }) => ({ tests, sources: sources.filter(isAsked) }))
    .filter(({ sources }) => sources.length > 0);
}
