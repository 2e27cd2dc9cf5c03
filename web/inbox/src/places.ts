import type { Fact } from "../../sealing/src/index.ts";

/** A country that a message names, and the first subdivisions in it, as far as it names any. */
export interface Place {
  /** ISO 3166-1 alpha-3. */
  readonly country: string;
  /** ISO 3166-2, sorted. */
  readonly regions: readonly string[];
}

/** Places of facts about sites: their text ends with the subdivision, if the record has its code, and the country. */
export function placesOf(facts: readonly Fact[]): readonly Place[] {
  const found = new Map<string, Set<string>>();
  for (const { field, text } of facts) {
    const words = text.split(", ");
    const country = words.at(-1)!;
    if (field === "exploitation.sites" && /^[A-Z]{3}$/.test(country)) {
      const regions = found.get(country) ?? new Set<string>();
      const region = words.at(-2) ?? "";
      found.set(country, /^[A-Z]{2}-[A-Z0-9]{1,3}$/.test(region) ? regions.add(region) : regions);
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([country, regions]) => ({ country, regions: [...regions].sort() }));
}
