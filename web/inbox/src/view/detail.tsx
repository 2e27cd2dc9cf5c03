import type { ComponentChildren } from "preact";
import type { Inbox, Item } from "../inbox.ts";
import type { Key, Speech } from "../words/index.ts";
import { EvidenceChart } from "./chart.tsx";

/** One notice: what it says, why it came, what to do, until when, what was checked. */
export function Detail(props: { item: Item; inbox: Inbox; speak: Speech; now: number; back: () => void; choose: (number: number) => void }) {
  const { item, inbox, speak, now } = props;
  const { message, header } = item;
  const { say } = speak;
  const kind = message.kind === "review" ? "Review" : message.kind;
  const link = speak.code_("link", message.link);
  const strength = say(`strength${message.strength}`);
  const unnamed = message.kind === "N1" && message.counterpart === null;
  const desks = message.kind === "N2a" ? message.ask : message.kind === "N1" && message.counterpart ? [message.counterpart] : [];
  const earlier = inbox.items.filter((one) => one.message.match === message.match && one.header.number !== header.number);
  const over = Date.parse(item.deadline) < now;
  return (
    <article class="detail card" id="detail" tabIndex={-1} aria-labelledby="detail-title">
      <div class="actions no-print">
        <button type="button" class="back" onClick={props.back}>{say("back")}</button>
        <button type="button" onClick={() => print()}>{say("print")}</button>
      </div>
      <p class={`kind kind-${message.kind}`}>{say(`kind${kind}` as Key)}</p>
      <h2 id="detail-title">{link}</h2>
      <p class={over ? "deadline close" : "deadline"}>
        {say(message.kind === "review" ? "due" : "expires")}: <time dateTime={item.deadline}>{speak.day(item.deadline)}</time> ({speak.until(item.deadline, now)})
      </p>
      {message.kind === "review" && message.childProtection && <p class="alarm">{say("childProtection")}</p>}
      {message.kind === "review" && message.safeguardingOnly && <p class="alarm">{say("safeguardingOnly")}</p>}
      <h3>{say("why")}</h3>
      <p>{say(`why${kind}` as Key, { link, strength, own: "own" in message ? message.own : "" })}</p>
      {message.kind === "N1" && message.known && <p>{say("known")}</p>}
      <EvidenceChart message={message} speak={speak} />
      {message.kind === "review" && message.reasons.length > 0 && (
        <>
          <h3>{say("reasons")}</h3>
          <ul>{message.reasons.map((code) => <li key={code}>{speak.code_("reason", code)}</li>)}</ul>
        </>
      )}
      <h3>{say("next")}</h3>
      <p>{say(unnamed ? "nextUnnamed" : (`next${kind}` as Key))}</p>
      <dl>
        {"own" in message && <Row name={say("yourRecord")}><bdi>{message.own}</bdi></Row>}
        {desks.length > 0 && (
          <Row name={say("ask")}>{desks.map((desk) => <span key={desk.member} class="desk"><bdi>{desk.member}</bdi>: <bdi>{desk.desk}</bdi></span>)}</Row>
        )}
        {unnamed && <Row name={say("ask")}>{say("unnamed")}</Row>}
        <Row name={say("reference")}><code>{message.match}</code></Row>
        {message.kind === "N1" && <Row name={say("quarter")}>{message.quarter || say("quarterUnknown")}</Row>}
        {message.kind === "N2a" && <Row name={say("jurisdictions")}>{message.jurisdictions.join(", ") || say("noJurisdictions")}</Row>}
        {message.kind === "N2a" && <Row name={say("sources")}>{message.sources === "single source" ? say("singleSource") : message.sources}</Row>}
        {message.kind === "N2a" && <Row name={say("grading")}><bdi dir="ltr">{message.grading}</bdi></Row>}
        {message.kind !== "review" && <Row name={say("caveats")}><Caveats codes={message.kind === "N1" ? message.caveats : message.handling} speak={speak} /></Row>}
        <Row name={say("received")}>{speak.moment(item.roomTime)}</Row>
        <Row name={say("number")}>{header.number} · {say("epoch")} {header.epoch}</Row>
      </dl>
      {message.kind === "N2a" && <section class="binding"><h3>{say("nonPunishment")}</h3><p lang="en" dir="ltr">{message.notice}</p></section>}
      <h3>{say("history")}</h3>
      {earlier.length === 0 ? <p>{say("historyNone")}</p> : (
        <ul>
          {earlier.map((one) => (
            <li key={one.header.number}>
              <button type="button" class="link" onClick={() => props.choose(one.header.number)}>{speak.day(one.roomTime)} · {say("number")} {one.header.number}</button>
            </li>
          ))}
        </ul>
      )}
      <details>
        <summary>{say("verified")}</summary>
        <p>{say("verifiedText", { generation: header.generation, brokers: inbox.log.releases.size, number: header.number, epoch: header.epoch, size: inbox.log.cosignedSize })}</p>
      </details>
    </article>
  );
}

function Row({ name, children }: { name: string; children: ComponentChildren }) {
  return <div class="field"><dt>{name}</dt><dd>{children}</dd></div>;
}

function Caveats({ codes, speak }: { codes: readonly string[]; speak: Speech }) {
  return codes.length === 0 ? <>{speak.say("noCaveats")}</> : <ul class="plain">{codes.map((code) => <li key={code}>{speak.code_("cav", code)}</li>)}</ul>;
}
