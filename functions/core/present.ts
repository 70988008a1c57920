type Present<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined | null> };

/** Without what is null or undefined: in OpenAI's dialects both mean "not given". */
export function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null),
  ) as Present<T>;
}
