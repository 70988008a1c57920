/**
 * Functions that Athena (Trino) has and DuckDB does not, or not for the same types: as macros, so that one text of a
 * query runs in both. https://trino.io/docs/current/functions.html
 */
export const ATHENA_FUNCTIONS: readonly string[] = [
  // Athena's is approximate; exact is within its error.
  'approx_percentile(x, percentage) AS quantile_disc(x, percentage)',
  // Of an array or a map; null, not an error, where there is no such element.
  'element_at(x, place) AS x[place]',
  'cardinality(x) AS len(x)',
  'array_join(x, delimiter) AS array_to_string(x, delimiter)',
  'sequence(first_number, last_number) AS range(first_number, last_number + 1)',
  'json_extract_scalar(json, path) AS json_extract_string(json, path)',
];
