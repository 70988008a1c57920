/** What is known of a provider's model, besides its prices. What nobody knows, a model can. */

/** What a model may be unable to take. */
export const ABILITIES = ['tools', 'images', 'files', 'audio', 'jsonSchema'] as const;
export type Ability = (typeof ABILITIES)[number];

export interface ModelFacts {
  /** Input and output together, in tokens. */
  readonly contextTokens?: number | undefined;
  readonly maxOutputTokens?: number | undefined;
  readonly abilities: { readonly [A in Ability]?: boolean | undefined };
}

export interface FactQuery {
  /** The provider's name in the configuration. */
  readonly provider: string;
  /** Its id in the catalogue, where that is another. */
  readonly priceAs?: string | undefined;
  readonly model: string;
}

/** What is known of models. Synchronous and cheap: it is asked for each target of each request. */
export interface FactBook {
  find(query: FactQuery): ModelFacts;
}
