/** What API keys of known providers begin with, and what follows. Prefixes that say nothing by themselves ask for more. */
import { ALNUM, BASE64, DOT, TOKEN } from './characters.ts';

export interface KeyShape {
  readonly prefix: string;
  /** The kinds of the characters behind the prefix. */
  readonly body: number;
  /** Fewer of them are no key. */
  readonly least: number;
  /** The prefix is the end of ordinary words ("task-…"), or of too little weight: then the body must look random. */
  readonly plain?: boolean;
}

export const KEY_SHAPES: readonly KeyShape[] = [
  { prefix: 'sk-tg-', body: TOKEN, least: 16 },
  { prefix: 'sk-ant-', body: TOKEN, least: 16 },
  { prefix: 'sk-proj-', body: TOKEN, least: 16 },
  { prefix: 'sk-svcacct-', body: TOKEN, least: 16 },
  { prefix: 'sk-admin-', body: TOKEN, least: 16 },
  { prefix: 'sk-or-v1-', body: TOKEN, least: 16 },
  { prefix: 'sk-', body: TOKEN, least: 20, plain: true },
  { prefix: 'AIza', body: TOKEN, least: 30 },
  { prefix: 'AQ.Ab', body: TOKEN, least: 20 },
  { prefix: 'ya29.', body: TOKEN | DOT, least: 20 },
  { prefix: 'GOCSPX-', body: TOKEN, least: 20 },
  { prefix: 'AKIA', body: ALNUM, least: 16, plain: true },
  { prefix: 'ASIA', body: ALNUM, least: 16, plain: true },
  { prefix: 'ABSK', body: ALNUM | BASE64, least: 40 },
  { prefix: 'bedrock-api-key-', body: TOKEN | BASE64, least: 20 },
  { prefix: 'ghp_', body: ALNUM, least: 30 },
  { prefix: 'gho_', body: ALNUM, least: 30 },
  { prefix: 'ghu_', body: ALNUM, least: 30 },
  { prefix: 'ghs_', body: TOKEN | DOT, least: 30 },
  { prefix: 'ghr_', body: ALNUM, least: 30 },
  { prefix: 'github_pat_', body: TOKEN, least: 30 },
  { prefix: 'glpat-', body: TOKEN, least: 20 },
  { prefix: 'xoxb-', body: TOKEN, least: 20 },
  { prefix: 'xoxp-', body: TOKEN, least: 20 },
  { prefix: 'xoxa-', body: TOKEN, least: 20 },
  { prefix: 'xoxr-', body: TOKEN, least: 20 },
  { prefix: 'xoxs-', body: TOKEN, least: 20 },
  { prefix: 'xoxe-', body: TOKEN, least: 20 },
  { prefix: 'xoxc-', body: TOKEN, least: 20 },
  { prefix: 'xoxd-', body: TOKEN | BASE64, least: 20 },
  { prefix: 'xapp-', body: TOKEN, least: 20 },
  { prefix: 'hooks.slack.com/services/', body: ALNUM | BASE64, least: 20 },
  { prefix: 'sk_live_', body: ALNUM, least: 16 },
  { prefix: 'sk_test_', body: ALNUM, least: 16 },
  { prefix: 'rk_live_', body: ALNUM, least: 16 },
  { prefix: 'rk_test_', body: ALNUM, least: 16 },
  { prefix: 'whsec_', body: ALNUM | BASE64, least: 20 },
  { prefix: 'gsk_', body: ALNUM, least: 30 },
  { prefix: 'xai-', body: ALNUM, least: 40 },
  { prefix: 'pplx-', body: ALNUM, least: 30 },
  { prefix: 'csk-', body: ALNUM, least: 30 },
  { prefix: 'nvapi-', body: TOKEN, least: 30 },
  { prefix: 'hf_', body: ALNUM, least: 30 },
  { prefix: 'r8_', body: ALNUM, least: 30 },
  { prefix: 'npm_', body: ALNUM, least: 30 },
  { prefix: 'pypi-', body: TOKEN, least: 50, plain: true },
  { prefix: 'tgp_v1_', body: TOKEN, least: 20 },
  { prefix: 'fw_', body: ALNUM, least: 22, plain: true },
  { prefix: 'dapi', body: ALNUM, least: 32, plain: true },
  { prefix: 'dop_v1_', body: ALNUM, least: 60 },
  { prefix: 'shpat_', body: ALNUM, least: 30 },
  { prefix: 'SG.', body: TOKEN | DOT, least: 60 },
];
