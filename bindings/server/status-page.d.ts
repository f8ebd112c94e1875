/** For the command, which is compiled apart from what serves its page; described in status-page.js. */
import type { Transport } from '../src/http/transport.js';

export interface StatusPage {
  readonly files: URL;
  readonly source: Readonly<Record<string, string>>;
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  readonly behindTlsProxy?: boolean;
  readonly names: readonly string[];
  readonly token?: string | undefined;
  readonly vcenter?: Transport;
  readonly viewed?: { join(tell: (message: string) => void): () => void };
  readonly metrics?: () => Promise<{ readonly text: string; readonly type: string }>;
  readonly problem?: () => string | undefined;
}

export function serveStatusPage(page: StatusPage): Promise<{ readonly address: string; stop(): void }>;
