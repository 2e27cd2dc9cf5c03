import { countedUses } from "../../../sealing/src/index.ts";
import type { Audit, Audited, Disclosed, Emergency, EmergencyAnswer, Ending, Groups, Nothing, NoticeFacts, Offer, Reported, Request, Status, Table, Use, Withdrawn } from "../../../sealing/src/index.ts";
import type { Inbox } from "../inbox.ts";
import type { Item } from "../items.ts";
import { placesOf } from "../places.ts";
import type { Speech } from "../words/index.ts";
import { DecideForm, GiveForm, OutcomeForm } from "./acts.tsx";
import { EndingTable } from "./overview.tsx";
import { Binding, Caveats, fieldsIn, Row } from "./parts.tsx";
import { Places } from "./places.tsx";

/** What passes between an agency and a contributor. */
export function DisclosureBody({ item, message, inbox, speak }: { item: Item; message: Audit | Audited | Disclosed | Emergency | EmergencyAnswer | Ending | Groups | Nothing | NoticeFacts | Offer | Reported | Request | Status | Table | Use | Withdrawn; inbox: Inbox; speak: Speech }) {
  const { say } = speak;
  const places = message.kind === "N3" || message.kind === "N2b" ? placesOf(message.facts) : [];
  switch (message.kind) {
    case "request":
      return (
        <>
          {message.escalated && <p class="alarm">{say("escalated")}</p>}
          <h3>{say("why")}</h3>
          <p>{say("whyRequest", { agency: message.agency, own: message.own })}</p>
          <h3>{say("next")}</h3>
          <p>{say("nextRequest")}</p>
          <dl>
            <Row name={say("yourRecord")}><bdi>{message.own}</bdi></Row>
            <Row name={say("asks")}><bdi>{message.agency}</bdi></Row>
            <Row name={say("fields")}>{fieldsIn(message.fields, speak)}</Row>
            <Row name={say("legalBasis")}><bdi>{message.legalBasis}</bdi></Row>
            <Row name={say("purpose")}>{speak.code_("purpose_", message.purpose)}</Row>
            <Row name={say("case")}><bdi>{message.case}</bdi></Row>
            <Row name={say("request")}><code>{message.request}</code></Row>
          </dl>
          <DecideForm key={item.header.number} request={message} inbox={inbox} speak={speak} />
        </>
      );
    case "nothing":
      return (
        <>
          <h3>{say("why")}</h3>
          <p>{say("whyNothing")}</p>
          <dl>
            <Row name={say("watchReference")}><code>{message.watch}</code></Row>
          </dl>
        </>
      );
    case "status":
      return (
        <>
          <h3>{say("why")}</h3>
          <p>{speak.code_("state", message.state)}</p>
          <dl>
            {message.reason && <Row name={say("reason")}>{speak.code_("refusal", message.reason)}</Row>}
            <Row name={say("request")}><code>{message.request}</code></Row>
          </dl>
          {(message.state === "Disclosed" || message.state === "OutcomeOverdue") && <OutcomeForm key={item.header.number} request={message.request} inbox={inbox} speak={speak} />}
        </>
      );
    case "offer":
      return (
        <>
          <h3>{say("why")}</h3>
          <p>{say(message.given ? "whyGiven" : "whyOffer", { agency: message.agency, own: message.own })}</p>
          {!message.given && <h3>{say("next")}</h3>}
          {!message.given && <p>{say("nextOffer")}</p>}
          <dl>
            <Row name={say("yourRecord")}><bdi>{message.own}</bdi></Row>
            <Row name={say("told")}><bdi>{message.agency}</bdi></Row>
            <Row name={say("fields")}>{fieldsIn(message.fields, speak)}</Row>
            <Row name={say("reference")}><code>{message.match}</code></Row>
          </dl>
          {!message.given && <GiveForm key={item.header.number} offer={message} inbox={inbox} speak={speak} />}
        </>
      );
    case "N2b":
      return (
        <>
          <h3>{say("facts")}</h3>
          {message.parts > 1 && <p>{say("part", { n: message.part, all: message.parts })}</p>}
          <dl class="facts">{message.facts.map((fact, i) => <Row key={i} name={speak.code_("field_", fact.field)}><bdi>{fact.text}</bdi></Row>)}</dl>
          {places.length > 0 && <figure class="chart"><Places places={places} countriesOnly={false} map={inbox.map} speak={speak} /></figure>}
          <h3>{say("next")}</h3>
          <p>{say("nextN2b", { time: speak.day(message.outcomeDue), end: speak.day(message.expires) })}</p>
          <dl>
            <Row name={say("ask")}>{message.from ? <><bdi>{message.from.member}</bdi>: <bdi>{message.from.desk}</bdi></> : say("sourceUnnamed")}</Row>
            <Row name={say("grading")}><bdi dir="ltr">{message.grading}</bdi></Row>
            <Row name={say("caveats")}><Caveats codes={message.handling} speak={speak} /></Row>
            <Row name={say("reference")}><code>{message.match}</code></Row>
          </dl>
          <Binding text={message.notice} speak={speak} />
          <OutcomeForm key={item.header.number} request={message.request} inbox={inbox} speak={speak} />
        </>
      );
    case "N3":
      return (
        <>
          <h3>{say("facts")}</h3>
          {message.parts > 1 && <p>{say("part", { n: message.part, all: message.parts })}</p>}
          {message.facts.length === 0 ? <p>{say("noFacts")}</p> : (
            <dl class="facts">{message.facts.map((fact, i) => <Row key={i} name={speak.code_("field_", fact.field)}><bdi>{fact.text}</bdi></Row>)}</dl>
          )}
          {places.length > 0 && <figure class="chart"><Places places={places} countriesOnly={false} map={inbox.map} speak={speak} /></figure>}
          <h3>{say("next")}</h3>
          <p>{say("nextN3", { purpose: speak.code_("purpose_", message.purpose), time: speak.day(message.outcomeDue) })}</p>
          <dl>
            <Row name={say("ask")}><bdi>{message.from.member}</bdi>: <bdi>{message.from.desk}</bdi></Row>
            <Row name={say("purpose")}>{speak.code_("purpose_", message.purpose)}</Row>
            <Row name={say("case")}><bdi>{message.case}</bdi></Row>
            <Row name={say("caveats")}><Caveats codes={message.handling} speak={speak} /></Row>
            <Row name={say("request")}><code>{message.request}</code></Row>
          </dl>
          <Binding text={message.notice} speak={speak} />
          <OutcomeForm key={item.header.number} request={message.request} inbox={inbox} speak={speak} />
        </>
      );
    case "N4":
      return (
        <>
          <p class="alarm">{speak.code_("urgency", message.urgency)}</p>
          <h3>{say("why")}</h3>
          <p>{say("whyN4", { member: message.from.member })}</p>
          <h3>{say("next")}</h3>
          <p>{say("nextN4")}</p>
          <dl>
            <Row name={say("ask")}><bdi>{message.from.member}</bdi>: <bdi>{message.from.desk}</bdi></Row>
            <Row name={say("presence")}>{speak.code_("presence", message.presence)}</Row>
            <Row name={say("where")}><bdi dir="ltr">{message.admin1 === null ? message.country : `${message.admin1}, ${message.country}`}</bdi></Row>
            <Row name={say("ofChild")}>{say(message.child ? "yes" : "notSaid")}</Row>
            <Row name={say("caveats")}><Caveats codes={message.handling} speak={speak} /></Row>
            <Row name={say("emergency")}><code>{message.emergency}</code></Row>
          </dl>
          <Binding text={message.notice} speak={speak} />
        </>
      );
    case "emergency":
      return (
        <>
          <p class={message.state === "Refused" ? "alarm" : ""}>{speak.code_("emergency", message.state)}</p>
          <dl>
            {message.reason && <Row name={say("reason")}>{speak.code_("refusal", message.reason)}</Row>}
            <Row name={say("yourRecord")}><bdi>{message.own}</bdi></Row>
            <Row name={say("warned")}><bdi>{message.agency}</bdi></Row>
            <Row name={say("emergency")}><code>{message.emergency}</code></Row>
          </dl>
        </>
      );
    case "N6":
      return (
        <>
          <p class="alarm">{say("withdrawnLong")}</p>
          <dl><Row name={say(message.match ? "reference" : "request")}><code>{message.match ?? message.request}</code></Row></dl>
        </>
      );
    case "ending":
      return (
        <>
          <h3>{say("why")}</h3>
          <p>{say("whyEnding")}</p>
          <EndingTable records={message.records} speak={speak} />
          <h3>{say("next")}</h3>
          <p>{say("nextEnding")}</p>
        </>
      );
    case "N7":
      return (
        <>
          <h3>{say("why")}</h3>
          <p>{say("whyN7", { query: message.query, k: message.k, contributors: message.contributors, percent: message.dominancePercent, round: message.round, time: speak.day(message.until) })}</p>
          {message.parts > 1 && <p>{say("part", { n: message.part, all: message.parts })}</p>}
          {message.rows.length === 0 ? <p>{say("noRows")}</p> : (
            <dl class="facts">{message.rows.map((row, i) => <Row key={i} name={row.values.length === 0 ? say("allRows") : row.values.join(", ")}>{row.n}</Row>)}</dl>
          )}
          <p>{say("caveatN7")}</p>
        </>
      );
    case "groups":
      return (
        <>
          <h3>{say("why")}</h3>
          <p>{say(message.by === "place" ? "whyPlace" : message.by === "pattern" ? "whyPattern" : "whyRoute", { query: message.query })}</p>
          <p>{say("whyGroups", { k: message.k, contributors: message.contributors, time: speak.day(message.until) })}</p>
          {message.parts > 1 && <p>{say("part", { n: message.part, all: message.parts })}</p>}
          <dl class="facts">{message.groups.map((group) => (
            <Row key={group.id} name={group.id}>
              {[say("groupBand", { band: group.band }), group.places.map((place) => place.admin1 ?? place.country).join(" → "), group.quarters.join(" – "), group.codes.join(", ")].filter((part) => part !== "").join("; ")}
            </Row>
          ))}</dl>
          <p>{say("caveatGroups")}</p>
        </>
      );
    case "audit":
      return (
        <>
          <h3>{say("why")}</h3>
          <p>{say("whyAudit")}</p>
          <h3>{say("next")}</h3>
          <p>{say("nextAudit", { quarter: message.quarter })}</p>
        </>
      );
    case "audited":
      return (
        <>
          <p class={message.state === "Opened" || message.state === "Passed" ? "" : "alarm"}>{speak.code_("audit", message.state)}</p>
          <dl><Row name={say("quarterColumn")}>{message.quarter}</Row></dl>
        </>
      );
    case "use":
      return (
        <>
          <h3>{say("why")}</h3>
          <p>{say("whyUse")}</p>
          <dl class="facts">
            <Row name={say("quarterColumn")}>{message.quarter}</Row>
            {countedUses.map((use) => <Row key={use} name={say(`${use}Used`)}>{message.counts[use].replace("-", "–")}</Row>)}
          </dl>
        </>
      );
    case "outcome":
      return (
        <>
          <h3>{say("why")}</h3>
          <p>{say("whyOutcome", { agency: message.agency, own: message.own })}</p>
          <dl>
            <Row name={say("outcome")}>{speak.code_("outcome", message.outcome)}</Row>
            <Row name={say("yourRecord")}><bdi>{message.own}</bdi></Row>
            <Row name={say("asks")}><bdi>{message.agency}</bdi></Row>
            <Row name={say("request")}><code>{message.request}</code></Row>
          </dl>
        </>
      );
  }
}
