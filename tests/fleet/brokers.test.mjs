/** What brokers answer, or do not, and what becomes of a worker then. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { jetstream } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { requestWait } from '../../bindings/fleet/dist/index.js';
import { FleetNames } from '../../bindings/fleet/dist/messages/names.js';
import { newState } from '../../bindings/fleet/dist/messages/wait-state.js';
import { RequestQueue } from '../../bindings/fleet/dist/store/request-queue.js';
import { ensureTopology } from '../../bindings/fleet/dist/store/topology.js';
import { WaitStore } from '../../bindings/fleet/dist/store/wait-store.js';
import { until } from '../until.mjs';
import { startFleet } from './lib/fleet.mjs';

for (const brokers of [1, 3]) {
  describe(`what is removed from ${brokers === 1 ? 'one broker' : `${brokers} brokers`}`, () => {
    const names = new FleetNames('vmc');
    let fleet;
    let js;
    let jsm;

    before(async () => {
      fleet = await startFleet({ brokers, vcenters: [] });
      const { connection } = await fleet.connect('worker');
      js = jetstream(connection);
      jsm = await js.jetstreamManager();
      await ensureTopology(js, jsm, { names, replicas: brokers, leaseSeconds: 15 });
    });

    after(() => fleet?.stop());

    /** Of each place in a stream: a broker answers differently for the first, one in the middle, the last and none. */
    const removedTwice = async (sequences, remove) => {
      for (const sequence of [...sequences, sequences[0] + 100]) {
        await remove(sequence);
        await remove(sequence);
      }
    };

    it('is gone when it is removed again: the answer to the first time may have been lost', async () => {
      const store = new WaitStore(await new Kvm(js).open(names.stateBucket), jsm, names);
      const states = [];
      for (const id of ['one', 'two', 'three', 'four']) {
        const about = { request: 1, requestedAt: '2026-03-01T10:00:00.000Z' };
        const wait = { vcenter: 'east', id };
        states.push(await store.create(newState(wait, { vms: [{ vm: 'vm-1' }], options: {} }, about, 'a/1')));
      }
      const [first, second, third, last] = states.map(({ revision }) => revision);
      await removedTwice([second, last, first, third], (revision) => store.remove(revision));
      assert.deepEqual(await store.list('east'), []);

      const queue = new RequestQueue(jsm, names);
      const sequences = [];
      for (const id of ['one', 'two', 'three', 'four']) {
        sequences.push((await js.publish(names.request({ vcenter: 'east', id }), '{}')).seq);
      }
      const [one, two, three, four] = sequences;
      await removedTwice([two, four, one, three], (sequence) => queue.remove(sequence));
      assert.equal((await jsm.streams.info(names.requestStream)).state.messages, 0);
    });
  });
}

describe('a worker whose brokers are gone', () => {
  it('ends when it is told to, though it cannot write down where its waits stand', async (t) => {
    const fleet = await startFleet({ brokers: 1, simulator: ['-vms', '2'] });
    t.after(() => fleet.stop());
    const worker = fleet.startWorker('a');
    await worker.told('serving');
    const caller = await fleet.connect();
    const [{ vm }] = fleet.vcenters.get('east').vms;
    await requestWait(caller, { vcenter: 'east', id: 'open', vms: [{ vm }], options: { waitForPowerOn: true } });
    const { connection } = await fleet.connect('worker');
    const states = await new Kvm(jetstream(connection)).open('vmc_state');
    // A run that has begun is written down when it is handed over.
    await until(async () => (await states.get('east.open'))?.json().snapshot !== undefined, 'a run in the bucket');
    await Promise.all(fleet.nats.nodes.map((node) => node.kill()));
    worker.child.kill('SIGTERM');
    await worker.told('ended');
    assert.equal(await worker.exited, 0);
  });
});
