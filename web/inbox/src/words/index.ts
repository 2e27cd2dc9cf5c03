import { ar } from "./ar.ts";
import { en, type Words } from "./en.ts";
import { es } from "./es.ts";
import { fr } from "./fr.ts";
import { pt } from "./pt.ts";
import { ru } from "./ru.ts";
import { th } from "./th.ts";
import { vi } from "./vi.ts";

/** The words, by the language's code. */
export const languages: Readonly<Record<string, Words>> = { en, fr, es, pt, th, vi, ar, ru };

/** Codes and own names of the languages. */
export const choices: readonly (readonly [string, string])[] = Object.entries(languages).map(([code, words]) => [code, words.language!]);

export type Key = keyof typeof en;

/** The page's words in one language, with the ways to write times. */
export interface Speech {
  readonly code: string;
  readonly direction: "ltr" | "rtl";
  /** A sentence with its places filled in. */
  say(key: Key, places?: Readonly<Record<string, string | number>>): string;
  /** A word for a code of the protocol; the code itself where there is none. */
  code_(prefix: string, code: string): string;
  /** A country's name; the fallback where the browser knows none. */
  country(alpha2: string, fallback: string): string;
  day(time: string | number): string;
  moment(time: string | number): string;
  /** "in 5 days". */
  until(time: string, now: number): string;
}

const day = 86_400_000;

/** The language that a browser asks for, among those that there are. */
export const preferred = (wanted: readonly string[]): string => wanted.map((tag) => tag.slice(0, 2).toLowerCase()).find((code) => code in languages) ?? "en";

export function speech(code: string): Speech {
  const words: Words = languages[code] ?? en;
  const say = (key: Key, places: Readonly<Record<string, string | number>> = {}): string =>
    (words[key] ?? en[key]).replace(/\{(\w+)\}/g, (whole, name: string) => String(places[name] ?? whole));
  // Latin digits and the Gregorian calendar everywhere: dates are compared with papers and with other members.
  const locale = `${code}-u-nu-latn-ca-gregory`;
  const countries = new Intl.DisplayNames(code, { type: "region", fallback: "none" });
  const days = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });
  const moments = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });
  const relative = new Intl.RelativeTimeFormat(`${code}-u-nu-latn`, { numeric: "auto" });
  return {
    code,
    direction: code === "ar" ? "rtl" : "ltr",
    say,
    code_: (prefix, text) => (`${prefix}${text}` in en ? say(`${prefix}${text}` as Key) : text),
    country: (alpha2, fallback) => (/^[A-Z]{2}$/.test(alpha2) && countries.of(alpha2)) || fallback,
    day: (time) => days.format(new Date(time)),
    moment: (time) => `${moments.format(new Date(time))} UTC`,
    until: (time, now) => relative.format(Math.round((Date.parse(time) - now) / day), "day"),
  };
}
