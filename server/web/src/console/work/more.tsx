import { w } from "../../texts/work";
import type { IncidentCard } from "../../wire";
import { sheet } from "../seat";
import { ExerciseDispatch } from "./exercise";
import { Icon } from "./icons";
import { Do } from "./parts";

/** What is done now and then: contact by hand, a later reminder, letting go, taking over for who leads. */
export function MoreActions({ card }: { card: IncidentCard }) {
  const words = w();
  return (
    <section class="more-actions" aria-label={words.more}>
      <Do card={card} command="contacted" class="quiet" onClick={() => { sheet.value = { kind: "contact" }; }}><Icon name="call" />{words.contact.title}</Do>
      <Do card={card} command="remind_later" class="quiet" onClick={() => { sheet.value = { kind: "later" }; }}><Icon name="later" />{words.later.button}</Do>
      <Do card={card} command="release_claim" class="quiet" onClick={() => { sheet.value = { kind: "reason", command: "release_claim" }; }}><Icon name="down" />{words.reasonSheet.release_claim.title}</Do>
      <ExerciseDispatch card={card} />
    </section>
  );
}
