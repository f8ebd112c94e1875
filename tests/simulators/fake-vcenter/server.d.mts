/** What the door of `vm-customization/testing` takes of the server; `FakeOptions` beside it has all options. */
export function startFakeVCenter(options: object): Promise<{
  url: string;
  user: string;
  password: string;
  vms: { name: string; vm: string; path: string }[];
  do(command: object): Promise<Record<string, unknown>>;
  stop(): Promise<void>;
}>;
