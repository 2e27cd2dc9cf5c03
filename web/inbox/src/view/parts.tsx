import type { ComponentChildren } from "preact";
import type { Speech } from "../words/index.ts";

/** A name and what stands behind it. */
export function Row({ name, children }: { name: string; children: ComponentChildren }) {
  return <div class="field"><dt>{name}</dt><dd>{children}</dd></div>;
}

/** Handling codes in words. */
export function Caveats({ codes, speak }: { codes: readonly string[]; speak: Speech }) {
  return codes.length === 0 ? <>{speak.say("noCaveats")}</> : <ul class="plain">{codes.map((code) => <li key={code}>{speak.code_("cav", code)}</li>)}</ul>;
}

/** The fixed text on everything that an agency is told. */
export function Binding({ text, speak }: { text: string; speak: Speech }) {
  return <section class="binding"><h3>{speak.say("nonPunishment")}</h3><p lang="en" dir="ltr">{text}</p></section>;
}

/** The first group of a UUID: enough to tell requests apart by eye. */
export const short = (id: string): string => id.slice(0, 8);

/** Fields in words. */
export const fieldsIn = (fields: readonly string[], speak: Speech): string => fields.map((field) => speak.code_("field_", field)).join(", ");
