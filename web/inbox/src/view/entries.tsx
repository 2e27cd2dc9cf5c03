import type { OwnEntry } from "../inbox.ts";
import type { Key, Speech } from "../words/index.ts";

const known = new Set(["batch", "tombstone", "person", "key", "listing", "consent", "answer", "request", "decision", "emergency", "override", "lift", "facts", "outcome", "confirm", "release", "erasure", "freeze", "charter", "veto"]);
const most = 500;

const count = (value: unknown): number => (Array.isArray(value) ? value.length : 0);

function about({ type, content }: OwnEntry, speak: Speech): string {
  switch (type) {
    case "batch":
      return speak.say("batchAbout", { slots: String(content["slots"]), time: speak.day(String(content["deleteBy"])) });
    case "tombstone":
      return speak.say("tombstoneAbout", { n: count(content["records"]) });
    case "person":
      return `${String(content["person"])}: ${content["action"] === "add" ? speak.say("personAdded", { roles: (content["roles"] as string[]).join(", ") }) : speak.say("personRevoked")}`;
    case "key":
      return speak.say("keyAbout", { purpose: String(content["purpose"]), period: String(content["period"]) });
    case "listing":
      return speak.say("listingAbout", { n: count(content["contributors"]), m: count(content["agencies"]) });
    case "release":
      return speak.say("releaseAbout", { generation: String(content["generation"]), time: speak.moment(String(content["leaseEnds"])) });
    case "erasure":
      return speak.say("erasureAbout", { period: String(content["period"]), time: speak.moment(String(content["destroyed"])), remains: String(content["remains"]) });
    case "freeze":
      return speak.say(content["frozen"] === true ? "frozen" : "thawed");
    case "charter":
    case "veto":
      return "";
    case "request":
    case "emergency":
    case "override":
    case "lift":
    case "facts":
    case "answer":
    case "consent":
      return String(content["id"]).slice(0, 8);
    case "decision":
    case "outcome":
      return String(content["about"]).slice(0, 8);
    default:
      return type;
  }
}

/** What stands in the cosigned log under the member's name: the receipts of what it sent. */
export function OwnEntries({ entries, speak }: { entries: readonly OwnEntry[]; speak: Speech }) {
  return (
    <section class="card">
      <h1>{speak.say("records")}</h1>
      <p>{speak.say("recordsLead")}</p>
      {entries.length === 0 ? <p class="empty">{speak.say("noRecords")}</p> : (
        <div class="scroll" tabIndex={0} role="region" aria-label={speak.say("records")}>
          <table>
            <thead><tr><th scope="col">{speak.say("position")}</th><th scope="col">{speak.say("entry")}</th><th scope="col">{speak.say("about")}</th></tr></thead>
            <tbody>
              {entries.toReversed().slice(0, most).map((entry) => (
                <tr key={entry.index}>
                  <td>{entry.index}</td>
                  <td>{speak.say(`entry${known.has(entry.type) ? entry.type[0]!.toUpperCase() + entry.type.slice(1) : "Other"}` as Key)}</td>
                  <td><bdi>{about(entry, speak)}</bdi></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
