import type { Inbox } from "../inbox.ts";
import { matchOf, requestOf, type Item } from "../items.ts";
import { deadlineKey, kindKey, titleOf } from "./kinds.ts";
import type { Speech } from "../words/index.ts";
import { DisclosureBody } from "./disclosure.tsx";
import { MatchBody } from "./match.tsx";
import { Row } from "./parts.tsx";

/** One message: what it says, why it came, what to do, until when, what was checked. */
export function Detail(props: { item: Item; inbox: Inbox; speak: Speech; now: number; back: () => void; choose: (number: number) => void }) {
  const { item, inbox, speak, now } = props;
  const { message, header } = item;
  const { say } = speak;
  const about = matchOf(item) ?? requestOf(item);
  const others = inbox.items.filter((one) => one.header.number !== header.number && (matchOf(one) ?? requestOf(one)) === about);
  const over = item.deadline !== null && Date.parse(item.deadline) < now;
  return (
    <article class="detail card" id="detail" tabIndex={-1} aria-labelledby="detail-title">
      <div class="actions no-print">
        <button type="button" class="back" onClick={props.back}>{say("back")}</button>
        <button type="button" onClick={() => print()}>{say("print")}</button>
      </div>
      <p class={`kind kind-${message.kind}`}>{say(kindKey(message))}</p>
      <h2 id="detail-title"><bdi>{titleOf(item, speak)}</bdi></h2>
      {item.deadline !== null && !item.withdrawn && (
        <p class={over ? "deadline close" : "deadline"}>
          {say(deadlineKey(message))}: <time dateTime={item.deadline}>{speak.day(item.deadline)}</time> ({speak.until(item.deadline, now)})
        </p>
      )}
      {item.withdrawn ? <p class="alarm">{say("withdrawnLong")}</p>
        : message.kind === "N1" || message.kind === "N2a" || message.kind === "review" ? <MatchBody item={item} message={message} inbox={inbox} speak={speak} />
        : <DisclosureBody item={item} message={message} inbox={inbox} speak={speak} />}
      <dl>
        <Row name={say("received")}>{speak.moment(item.roomTime)}</Row>
        <Row name={say("number")}>{header.number} · {say("epoch")} {header.epoch}</Row>
      </dl>
      <h3>{say(matchOf(item) === null ? "historyRequest" : "history")}</h3>
      {others.length === 0 ? <p>{say("historyNone")}</p> : (
        <ul>
          {others.map((one) => (
            <li key={one.header.number}>
              <button type="button" class="link" onClick={() => props.choose(one.header.number)}>{speak.day(one.roomTime)} · <bdi>{titleOf(one, speak)}</bdi> · {say("number")} {one.header.number}</button>
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
