import assert from "node:assert/strict";
import { test } from "node:test";
import { en } from "../src/words/en.ts";
import { languages } from "../src/words/index.ts";

/** Words that are the same in some language as in English, or that are no words. */
const alike = new Set([
  "reviewed", "language", "dueIn", // a code, a language's own name, a time alone
  "no", "reference", "position", "version", "entryVeto", "sources", "evAlias", "evDocument", "evEmail", "field_organisations", "evOrganisation",
]);

const places = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!).sort();

test("each language has every sentence of the page, with its places to fill in", () => {
  assert.deepEqual(Object.keys(languages), ["en", "fr", "es", "pt", "th", "vi", "ar", "ru"]);
  for (const [code, words] of Object.entries(languages)) {
    assert.deepEqual(Object.keys(words), Object.keys(en), `${code}: a sentence is missing, too many, or not where English has it`);
    for (const [key, english] of Object.entries(en)) {
      const text = words[key as keyof typeof en]!;
      assert.ok(text.trim() !== "" && !/[<>]/.test(text), `${code}: ${key}`);
      assert.deepEqual(places(text), places(english), `${code}: ${key}`);
      assert.ok(code === "en" || text !== english || alike.has(key), `${code}: ${key} is English`);
    }
  }
});

test("only English says that somebody who speaks the language has read it", () => {
  assert.deepEqual(Object.entries(languages).filter(([, words]) => words.reviewed !== "no").map(([code]) => code), ["en"]);
});
