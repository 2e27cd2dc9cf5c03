import type { EndingConsent } from "../../../sealing/src/index.ts";
import type { Inbox } from "../inbox.ts";
import { threadsOf } from "../threads.ts";
import { band, endingsOf, usesOf } from "../uses.ts";
import type { Speech } from "../words/index.ts";

const day = 86_400_000;
const most = 200;

/** What needs somebody, what ends, what became of the member's data, and what the room gives and takes: in bands and quarters. */
export function Overview({ inbox, speak, open, toRequests }: { inbox: Inbox; speak: Speech; open: (number: number) => void; toRequests: () => void }) {
  const { say } = speak;
  const now = Date.now();
  const threads = threadsOf(inbox);
  const reviews = inbox.items.filter((item) => item.message.kind === "review" && !item.withdrawn && Date.parse(item.deadline!) > now).sort((one, other) => one.deadline!.localeCompare(other.deadline!));
  const waiting = threads.filter((thread) => thread.state === "WaitsForYou" || thread.state === "Escalated").length;
  const overdue = threads.filter((thread) => thread.state === "OutcomeOverdue" || (thread.state === "Disclosed" && thread.deadline !== null && Date.parse(thread.deadline) < now + 7 * day)).length;
  const seconds = inbox.book.waiting.length;
  const endings = endingsOf(inbox).filter((record) => Date.parse(record.ends) > now - 30 * day);
  return (
    <section class="card">
      <h1>{say("overview")}</h1>
      <h2>{say("needsYou")}</h2>
      {waiting + overdue + seconds + reviews.length === 0 ? <p class="empty">{say("nothingWaits")}</p> : (
        <ul class="needs">
          {!inbox.isAgency && waiting > 0 && <li><button type="button" class="link" onClick={toRequests}>{say("needRequests", { n: waiting })}</button></li>}
          {inbox.isAgency && overdue > 0 && <li><button type="button" class="link" onClick={toRequests}>{say("needOutcomes", { n: overdue })}</button></li>}
          {seconds > 0 && <li><button type="button" class="link" onClick={toRequests}>{say("needSecond", { n: seconds })}</button></li>}
          {reviews.length > 0 && <li><button type="button" class="link" onClick={() => open(reviews[0]!.header.number)}>{say("needReviews", { n: reviews.length, time: speak.day(reviews[0]!.deadline!) })}</button></li>}
        </ul>
      )}
      {/* Nothing is said while nothing was told: an enclave of an earlier build tells no ends, and "none" would be taken for an answer. */}
      {endings.length > 0 && (
        <>
          <h2>{say("endings")}</h2>
          <p>{say("endingsLead")}</p>
          <EndingTable records={endings.slice(0, most)} speak={speak} />
        </>
      )}
      <Uses inbox={inbox} speak={speak} />
    </section>
  );
}

/** Records whose consent ends. */
export function EndingTable({ records, speak }: { records: readonly EndingConsent[]; speak: Speech }) {
  const { say } = speak;
  const now = Date.now();
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={say("endings")}>
      <table>
        <thead><tr><th scope="col">{say("agreed")}</th><th scope="col">{say("ends")}</th></tr></thead>
        <tbody>
          {records.map((record) => (
            <tr key={record.own}>
              <td><bdi>{record.own}</bdi><span class="hint" dir="auto">{record.purposes.map((code) => speak.code_("consent_", code)).join(", ")}</span></td>
              <td><span class={Date.parse(record.ends) - now < 14 * day ? "close" : undefined}>{speak.day(record.ends)} ({speak.until(record.ends, now)})</span></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Uses({ inbox, speak }: { inbox: Inbox; speak: Speech }) {
  const { say } = speak;
  const quarters = usesOf(inbox);
  const batches = inbox.own.filter((entry) => entry.type === "batch").length;
  const side = inbox.isAgency ? "Agency" : "Contributor";
  return (
    <>
      <h2>{say(`uses${side}`)}</h2>
      <p>{say(`usesLead${side}`)}</p>
      {quarters.length === 0 ? <p class="empty">{say("noUses")}</p> : (
        <div class="scroll" tabIndex={0} role="region" aria-label={say(`uses${side}`)}>
          <table class="wide">
            <thead>
              <tr>
                <th scope="col">{say("quarterColumn")}</th><th scope="col">{say(`told${side}`)}</th><th scope="col">{say(`asked${side}`)}</th><th scope="col">{say(`facts${side}`)}</th>
                {!inbox.isAgency && <th scope="col">{say("outcomesTold")}</th>}<th scope="col">{say("withdrawnColumn")}</th><th scope="col">{say("roomColumn")}</th>
              </tr>
            </thead>
            <tbody>
              {quarters.map((quarter) => (
                <tr key={quarter.quarter}>
                  <th scope="row">{quarter.quarter}</th><td>{band(quarter.told)}</td><td>{band(quarter.requests)}</td><td>{band(quarter.facts)}</td>
                  {!inbox.isAgency && <td>{quarter.outcomes.size === 0 ? "0" : [...quarter.outcomes].map(([code, n]) => `${speak.code_("outcome", code)}: ${band(n)}`).join("; ")}</td>}
                  <td>{band(quarter.withdrawn)}</td><td>{band(quarter.room)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {!inbox.isAgency && <Reciprocity inbox={inbox} speak={speak} batches={batches} />}
    </>
  );
}

/** What a contributor gives to the room and gets from it, over all its time. */
function Reciprocity({ inbox, speak, batches }: { inbox: Inbox; speak: Speech; batches: number }) {
  const { say } = speak;
  const quarters = usesOf(inbox);
  const sum = (count: (quarter: (typeof quarters)[number]) => number): string => band(quarters.reduce((all, quarter) => all + count(quarter), 0));
  const decided = inbox.book.acts.filter((act) => act.kind === "decision" && act.second !== null).length;
  return (
    <>
      <h2>{say("reciprocity")}</h2>
      <p>{say("reciprocityLead")}</p>
      <div class="sides">
        <section>
          <h3>{say("gave")}</h3>
          <dl>
          <div class="field"><dt>{say("gaveBatches")}</dt><dd>{band(batches)}</dd></div>
          <div class="field"><dt>{say("gaveDecisions")}</dt><dd>{band(decided)}</dd></div>
          <div class="field"><dt>{say("factsContributor")}</dt><dd>{sum((quarter) => quarter.facts)}</dd></div>
          </dl>
        </section>
        <section>
          <h3>{say("got")}</h3>
          <dl>
          <div class="field"><dt>{say("toldContributor")}</dt><dd>{sum((quarter) => quarter.told)}</dd></div>
          <div class="field"><dt>{say("outcomesTold")}</dt><dd>{sum((quarter) => [...quarter.outcomes.values()].reduce((one, other) => one + other, 0))}</dd></div>
          <div class="field"><dt>{say("roomColumn")}</dt><dd>{sum((quarter) => quarter.room)}</dd></div>
          </dl>
        </section>
      </div>
    </>
  );
}
