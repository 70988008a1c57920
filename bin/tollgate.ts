#!/usr/bin/env node
/** The command line: `npx tollgate --help`. */
import { createProcessIo } from '../cli/process-io.ts';
import { runCli } from '../cli/run.ts';
import manifest from '../package.json' with { type: 'json' };

process.exitCode = await runCli(process.argv.slice(2), createProcessIo(), manifest.version);
