import { fingerprint, parseDigest } from "../../../sealing/src/index.ts";
import type { Inbox } from "../inbox.ts";
import type { Key, Speech } from "../words/index.ts";

/** The room: its charter, its members, how far the log was checked. */
export function RoomView({ inbox, speak }: { inbox: Inbox; speak: Speech }) {
  const { log, keys } = inbox;
  const charter = log.charter!;
  const { lastEpoch } = log;
  return (
    <section class="card">
      <h1>{charter.title}</h1>
      <p>{speak.say("roomLead")}</p>
      <dl>
        <div class="field"><dt>{speak.say("charter")}</dt><dd>{speak.say("version", { n: charter.version })}, {speak.say("validUntil", { time: speak.day(charter.expires) })}</dd></div>
        <div class="field"><dt>{speak.say("genesis")}</dt><dd><code>{fingerprint(parseDigest(keys.genesis)!)}</code></dd></div>
        <div class="field"><dt>{speak.say("room")}</dt><dd><code>{keys.room}</code></dd></div>
        <div class="field">
          <dt>{speak.say("lastEpoch")}</dt>
          <dd>{lastEpoch ? `${lastEpoch.epoch} · ${speak.moment(lastEpoch.roomTime)} · ${speak.say(lastEpoch.evaluated ? "evaluated" : "notEvaluated")}` : speak.say("noEpoch")}</dd>
        </div>
      </dl>
      <p>{speak.say("asOf", { time: speak.moment((log.time?.opening ?? 0) * 1000) })}</p>
      <h2>{speak.say("members")}</h2>
      <ul>
        {charter.members.map((member) => (
          <li key={member.id}>
            <bdi>{member.name}</bdi> ({member.id}), {speak.say(`role${member.role[0]!.toUpperCase()}${member.role.slice(1)}` as Key)}
            {member.id === keys.member && <strong> · {speak.say("you")}</strong>}
          </li>
        ))}
      </ul>
    </section>
  );
}
