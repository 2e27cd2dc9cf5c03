import type { Item } from "../inbox.ts";
import type { Key, Speech } from "../words/index.ts";

const strengths = ["Possible", "Probable", "Strong", "Exact"] as const;
const kinds = ["Name", "Alias", "Birth", "Citizenship", "HomeArea", "Place", "Phone", "Document", "Email", "Handle", "Account", "Organisation"] as const;

/** How strong the evidence is, and of which kinds: as a scale and as a list that says the same in words. */
export function EvidenceChart({ message, speak }: { message: Item["message"]; speak: Speech }) {
  const level = strengths.indexOf(message.strength);
  return (
    <figure class="chart">
      <figcaption>{speak.say("evidence")}: {speak.say(`strength${message.strength}`)}</figcaption>
      <div class={`scale level-${level}`} aria-hidden="true">{strengths.map((name, i) => <span key={name} class={i <= level ? "on" : undefined} />)}</div>
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
    </figure>
  );
}
