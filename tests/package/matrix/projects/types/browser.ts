import { type EventSource, init, NotInitializedError, type Report, replay, watchCustomization } from 'vm-customization';

// @ts-expect-error pages have no sockets
export { nodeTransport } from 'vm-customization';

export const text: string = replay(new Uint8Array());
export async function told(source: EventSource): Promise<Report> {
  await init();
  const watch = watchCustomization(source, [{ vm: 'vm-101' }]);
  for await (const { vm, to } of watch) {
    document.title = `${vm} ${to satisfies string}`;
  }
  return watch.report;
}
export const code: 'notInitialized' = new NotInitializedError('x').code;
