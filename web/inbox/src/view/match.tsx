import type { Notice, Pointer, Review } from "../../../sealing/src/index.ts";
import type { Inbox } from "../inbox.ts";
import type { Item } from "../items.ts";
import type { Key, Speech } from "../words/index.ts";
import { AnswerForm, AskForm } from "./acts.tsx";
import { EvidenceChart } from "./chart.tsx";
import { Binding, Caveats, Row } from "./parts.tsx";

/** What a pointer, a notice or a review item says, why it came, what to do. */
export function MatchBody({ item, message, inbox, speak }: { item: Item; message: Notice | Pointer | Review; inbox: Inbox; speak: Speech }) {
  const { say } = speak;
  const kind = message.kind === "review" ? "Review" : message.kind;
  const link = speak.code_("link", message.link);
  const unnamed = message.kind === "N1" && message.counterpart === null;
  const desks = message.kind === "N2a" ? message.ask : message.kind === "N1" && message.counterpart ? [message.counterpart] : [];
  return (
    <>
      {message.kind !== "N2a" && message.decoy && <p class="alarm">{say("decoyAlarm")}</p>}
      {message.kind === "review" && message.childProtection && <p class="alarm">{say("childProtection")}</p>}
      {message.kind === "review" && message.safeguardingOnly && <p class="alarm">{say("safeguardingOnly")}</p>}
      <h3>{say("why")}</h3>
      <p>{say(`why${kind}` as Key, { link, strength: say(`strength${message.strength}`), own: "own" in message ? message.own : "" })}</p>
      {message.kind === "N1" && message.known && <p>{say("known")}</p>}
      <EvidenceChart message={message} map={inbox.map} speak={speak} roomTime={item.roomTime} />
      {message.kind === "review" && message.reasons.length > 0 && (
        <>
          <h3>{say("reasons")}</h3>
          <ul>{message.reasons.map((code) => <li key={code}>{speak.code_("reason", code)}</li>)}</ul>
        </>
      )}
      {message.kind === "N2a" && message.answerBy !== null && <p>{say("actByLong", { time: speak.day(message.answerBy) })}</p>}
      <h3>{say("next")}</h3>
      <p>{say(unnamed ? "nextUnnamed" : (`next${kind}` as Key))}</p>
      <dl>
        {"own" in message && <Row name={say("yourRecord")}><bdi>{message.own}</bdi></Row>}
        {desks.length > 0 && (
          <Row name={say("ask")}>{desks.map((desk) => <span key={desk.member} class="desk"><bdi>{desk.member}</bdi>: <bdi>{desk.desk}</bdi></span>)}</Row>
        )}
        {unnamed && <Row name={say("ask")}>{say("unnamed")}</Row>}
        <Row name={say("reference")}><code>{message.match}</code></Row>
        {message.kind === "N2a" && message.watch !== null && <Row name={say("watchReference")}><code>{message.watch}</code></Row>}
        {message.kind === "N1" && <Row name={say("quarter")}>{message.quarter || say("quarterUnknown")}</Row>}
        {message.kind === "N1" && message.quartersBetween !== null && <Row name={say("quartersBetween")}>{message.quartersBetween}</Row>}
        {message.kind === "N2a" && <Row name={say("jurisdictions")}>{message.jurisdictions.join(", ") || say("noJurisdictions")}</Row>}
        {message.kind === "N2a" && <Row name={say("sources")}>{message.sources === "single source" ? say("singleSource") : message.sources}</Row>}
        {message.kind === "N2a" && <Row name={say("grading")}><bdi dir="ltr">{message.grading}</bdi></Row>}
        {message.kind !== "review" && <Row name={say("caveats")}><Caveats codes={message.kind === "N1" ? message.caveats : message.handling} speak={speak} /></Row>}
      </dl>
      {message.kind === "N2a" && <Binding text={message.notice} speak={speak} />}
      {message.kind === "N2a" && inbox.isAgency && <AskForm key={item.header.number} notice={message} inbox={inbox} speak={speak} />}
      <AnswerForm key={`answer ${item.header.number}`} match={message.match} review={message.kind === "review"} waited={message.kind === "N2a" && message.answerBy !== null} inbox={inbox} speak={speak} />
    </>
  );
}
