/** The gateway and the simulated providers behind it, in this process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalEntry } from '../../../local/providers/journal.ts';
import { startLocal } from '../../../local/start.ts';
import { matrixConfig } from './providers.ts';

export interface MatrixStack {
  readonly gatewayUrl: string;
  readonly providersUrl: string;
  readonly key: string;
  /** What was sent to providers with this text in its body, the oldest first. */
  sentUpstream(text: string): Promise<readonly JournalEntry[]>;
  close(): Promise<void>;
}

export async function startMatrixStack(): Promise<MatrixStack> {
  const data = mkdtempSync(join(tmpdir(), 'tollgate-matrix-'));
  const config = join(data, 'gateway-of-the-matrix.json');
  writeFileSync(config, JSON.stringify(matrixConfig()));
  const stack = await startLocal({ port: 0, config, data });
  const providersUrl = stack.endpoints.providers;
  return {
    gatewayUrl: stack.url,
    providersUrl,
    key: stack.firstKey?.key ?? '',
    async sentUpstream(text) {
      const response = await fetch(`${providersUrl}/requests?last=200`);
      const { requests } = (await response.json()) as { readonly requests: readonly JournalEntry[] };
      return requests.filter((entry) => entry.body.includes(text));
    },
    async close() {
      await stack.close();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
