/** What `npm start` says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_DATA, type LocalOptions } from './options.ts';
import type { LocalStack } from './start.ts';

export function greeting(stack: LocalStack, data: string): string {
  const tollgate = (command: string) => `npx tollgate ${command}${data === DEFAULT_DATA ? '' : ` --data ${data}`}`;
  const lines = [`Tollgate listening on ${stack.url}`];
  lines.push(...stack.warnings.map((warning) => `Warning: ${warning}`));
  if (stack.simulated.length > 0) {
    lines.push(`Simulated, for want of a key: ${stack.simulated.join(', ')}.`);
  }
  if (stack.firstKey === undefined) {
    lines.push(`For another key: ${tollgate('keys create --team TEAM')}`);
  } else {
    const { key, team, app, budgetMonthUsd } = stack.firstKey;
    lines.push(
      '',
      `Your first key (team ${team}, app ${app}, $${budgetMonthUsd} a month). It is shown only now:`,
      '',
      `  ${key}`,
      '',
      'Try it:',
      '',
      ...curl(stack.url, key, stack.model).map((line) => `  ${line}`),
      '',
      `Then see what it cost: ${tollgate('costs')}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function curl(url: string, key: string, model: string): readonly string[] {
  const body = { model, stream: true, messages: [{ role: 'user', content: 'Say hello in five languages.' }] };
  return [
    `curl -N ${url}/v1/chat/completions \\`,
    `  -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' \\`,
    `  -d '${JSON.stringify(body)}'`,
  ];
}

/** Why it did not start, in words; with the stack only where none of the known reasons fits. */
export function explain(error: unknown, options: LocalOptions): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'FolderBusyError') {
    return `Tollgate already runs on the data folder ${options.data}${runningAt(options.data)}. Stop it, or choose another folder with --data.`;
  }
  const code = 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return `Port ${options.port} is taken by another program. Choose another with --port, or 0 for any free one.`;
  }
  if (code === 'EACCES' && 'syscall' in error && error.syscall === 'listen') {
    return `Port ${options.port} may not be used by this user. Choose one above 1023 with --port.`;
  }
  // Plain errors are raised here, with a message made for people. Anything else is a fault that its stack explains.
  return error.constructor === Error ? error.message : (error.stack ?? error.message);
}

function runningAt(data: string): string {
  try {
    const info: unknown = JSON.parse(readFileSync(join(data, 'local.json'), 'utf8'));
    if (typeof info !== 'object' || info === null || !('gateway' in info) || !('pid' in info)) return '';
    return ` (${String(info.gateway)}, process ${String(info.pid)})`;
  } catch {
    return ''; // It is only starting: there is nothing to tell yet.
  }
}
