import type { Notice, Pointer, Review } from "../../../sealing/src/index.ts";
import type { WorldMap } from "../map.ts";
import type { Key, Speech } from "../words/index.ts";
import { Places } from "./places.tsx";

const strengths = ["Possible", "Probable", "Strong", "Exact"] as const;
const kinds = ["Name", "Alias", "Birth", "Citizenship", "HomeArea", "Place", "Phone", "Document", "Email", "Handle", "Account", "Organisation"] as const;
const quartersShown = 8;

/** How strong the evidence is, of which kinds, from how many sources, where and when, as far as a message tells: drawn, and the same in words. */
export function EvidenceChart({ message, map, speak, roomTime }: { message: Notice | Pointer | Review; map: WorldMap; speak: Speech; roomTime: string }) {
  const level = strengths.indexOf(message.strength);
  return (
    <figure class="chart">
      <figcaption>{speak.say("evidence")}: {speak.say(`strength${message.strength}`)}</figcaption>
      <Scale steps={strengths.length} level={level} />
      {message.kind === "review" ? (
        <ul class="kinds">
          {kinds.map((kind) => {
            const agrees = message.evidence.includes(kind);
            return (
              <li key={kind} class={agrees ? "on" : undefined}>
                <span aria-hidden="true" class="mark">{agrees ? "●" : "○"}</span> {speak.say(`ev${kind}` as Key)}
                <span class="hidden">: {speak.say(agrees ? "evidenceAgrees" : "evidenceNot")}</span>
              </li>
            );
          })}
        </ul>
      ) : <p class="hint">{speak.say("evidenceHidden")}</p>}
      {message.kind === "N2a" && <Sources notice={message} speak={speak} />}
      {message.kind === "N2a" && message.jurisdictions.length > 0 && <Places places={message.jurisdictions.map((country) => ({ country, regions: [] }))} countriesOnly map={map} speak={speak} />}
      {message.kind === "N1" && message.quarter && <Quarters quarter={message.quarter} roomTime={roomTime} speak={speak} />}
    </figure>
  );
}

function Scale({ steps, level }: { steps: number; level: number }) {
  return <div class="scale" aria-hidden="true">{Array.from({ length: steps }, (_, i) => <span key={i} class={i <= level ? "on" : undefined} />)}</div>;
}

/** The band of organisations that release. */
function Sources({ notice, speak }: { notice: Notice; speak: Speech }) {
  const single = notice.sources === "single source";
  return <p class="band"><span aria-hidden="true" class="mark">{single ? "●" : "●●"}</span> {speak.say("sources")}: {single ? speak.say("singleSource") : speak.say("sourcesBand", { band: notice.sources })}</p>;
}

/** The quarter of the other side's contact among the last ones. */
function Quarters({ quarter, roomTime, speak }: { quarter: string; roomTime: string; speak: Speech }) {
  const now = new Date(roomTime);
  const last = now.getUTCFullYear() * 4 + Math.floor(now.getUTCMonth() / 3);
  const names = Array.from({ length: quartersShown }, (_, i) => last - quartersShown + 1 + i).map((index) => `${Math.floor(index / 4)}-Q${(index % 4) + 1}`);
  return (
    <>
      <p class="band">{speak.say("quarter")}: {quarter}</p>
      {names.includes(quarter) && (
        <div class="quarters" aria-hidden="true">{names.map((name) => <span key={name} class={name === quarter ? "on" : undefined}><i />{name.slice(2)}</span>)}</div>
      )}
    </>
  );
}
