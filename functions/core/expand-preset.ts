import { PRESETS, type Preset } from './presets.ts';
import type { Quirks } from './quirks.ts';

/** What a person may write of a provider, as far as a preset can say it for them. */
interface GivenProvider {
  readonly preset?: string | undefined;
  readonly variables?: { readonly [name: string]: string } | undefined;
  readonly region?: string | undefined;
  readonly baseUrl?: string | undefined;
  readonly baseUrls?: readonly string[] | undefined;
  readonly quirks?: { readonly [Q in keyof Quirks]?: Quirks[Q] | undefined } | undefined;
}

/** The provider as if it had been written out: what is given comes first, of quirks each for itself. */
export function expandPreset<P extends GivenProvider>(given: P, onMissing: (variable: string) => void) {
  const { preset: name, variables, ...own } = given;
  const preset = name === undefined ? undefined : PRESETS[name];
  if (preset === undefined) return own;
  const { baseUrl: template, quirks, ...known } = preset;
  const addressed = own.baseUrl !== undefined || own.baseUrls !== undefined;
  const values: { readonly [name: string]: string } = {
    ...(own.region === undefined ? {} : { region: own.region }),
    ...variables,
  };
  if (!addressed)
    variablesOf(preset)
      .filter((variable) => values[variable] === undefined)
      .forEach(onMissing);
  return {
    ...known,
    ...(template === undefined || addressed ? {} : { baseUrl: fill(template, values) }),
    ...own,
    ...(quirks === undefined && own.quirks === undefined ? {} : { quirks: { ...quirks, ...own.quirks } }),
  };
}

const PLACEHOLDER = /\{([a-z]+)(-?)\}/g;

/** What a preset's address has places for. */
export function variablesOf({ baseUrl = '' }: Preset): readonly string[] {
  return [...new Set([...baseUrl.matchAll(PLACEHOLDER)].map(([, variable = '']) => variable))];
}

function fill(template: string, values: { readonly [name: string]: string }): string {
  return template.replace(PLACEHOLDER, (_, variable: string, dash: string) => {
    const value = values[variable] ?? '';
    if (dash === '') return value;
    return value === 'global' ? '' : `${value}-`;
  });
}
