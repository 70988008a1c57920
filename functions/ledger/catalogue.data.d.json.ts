/**
 * What is in catalogue.data.json. It is declared because TypeScript infers lists where the catalogue has tuples, which no
 * honest cast mends. A test holds the file, letter for letter, to what `compileCatalogue` makes.
 */
import type { Catalogue } from './catalogue.ts';

declare const catalogue: Catalogue;
export = catalogue;
