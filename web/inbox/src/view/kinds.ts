import type { News } from "../../../sealing/src/index.ts";
import type { Item } from "../items.ts";
import type { Key, Speech } from "../words/index.ts";
import { short } from "./parts.tsx";

/** Kinds of messages, as the filter offers them. */
export const kinds = ["N4", "emergency", "N1", "N2a", "N2b", "review", "offer", "request", "status", "N3", "N6", "outcome", "ending", "nothing", "N7", "groups", "use", "audit", "audited"] as const;

/** Key of a kind's name. */
export const kindKey = (message: { readonly kind: News["kind"] }): Key => `kind${message.kind[0]!.toUpperCase()}${message.kind.slice(1)}` as Key;

/** What stands small before a title. */
export const badgeOf = (message: News): string => ({ review: "?", request: "!", status: "i", outcome: "✓", ending: "⌛", nothing: "–", emergency: "!", offer: "!", groups: "Σ", use: "Σ", audit: "?", audited: "i" } as Record<string, string>)[message.kind] ?? message.kind;

/** What the end of the time means. */
export function deadlineKey(message: News): Key {
  switch (message.kind) {
    case "review":
    case "request":
    case "audit":
    case "offer":
      return "due";
    case "status":
      return message.state === "Disclosed" ? "outcomeDue" : "decisionDue";
    case "N2b":
    case "N3":
      return "outcomeDue";
    case "N6":
      return "deleteBy";
    case "N2a":
      return message.answerBy ? "actBy" : "expires";
    case "ending":
      return "endsFirst";
    default:
      return "expires";
  }
}

/** What a message is about, in a few words. */
export function titleOf({ message, withdrawn }: Item, speak: Speech): string {
  if (withdrawn) {
    return speak.say("withdrawn");
  }
  switch (message.kind) {
    case "request":
      return speak.say("titleRequest", { agency: message.agency, own: message.own });
    case "status":
      return `${speak.say("request")} ${short(message.request)}: ${speak.code_("state", message.state)}`;
    case "offer":
      return speak.say(message.given ? "titleGiven" : "titleOffer", { agency: message.agency, own: message.own });
    case "N2b":
      return `${speak.code_("link", message.link)}: ${message.from?.member ?? speak.say("sourceUnnamed")}`;
    case "N3":
      return speak.say("titleN3", { member: message.from.member });
    case "N4":
      return `${message.from.member}: ${speak.code_("urgency", message.urgency)}`;
    case "emergency":
      return `${message.agency}: ${speak.code_("emergency", message.state)}`;
    case "N6":
      return speak.say("withdrawn");
    case "nothing":
      return `${speak.say("watchReference")} ${short(message.watch)}`;
    case "ending":
      return speak.say("titleEnding", { n: message.records.length });
    case "N7":
      return `${message.query}: ${message.by.join(", ")}`;
    case "groups":
      return `${message.query}: ${speak.say("kindGroups")}`;
    case "audit":
      return speak.say("titleAudit", { quarter: message.quarter, n: message.drawn.length });
    case "audited":
      return `${speak.say("kindAudited")}: ${speak.code_("audit", message.state)}`;
    case "use":
      return `${speak.say("kindUse")}: ${message.quarter}`;
    case "outcome":
      return speak.code_("outcome", message.outcome);
    default:
      return speak.code_("link", message.link);
  }
}
