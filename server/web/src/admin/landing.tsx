import { useSignal } from "@preact/signals";
import { toMinute } from "../clock";
import { useLoader } from "../loaded";
import { t } from "../texts/admin";
import { ATTENTION, type Attention } from "./attention";
import { Icon } from "./kit/icons";
import { Link } from "./kit/link";
import { SectionHead } from "./kit/page";
import { SECTIONS } from "./sections";
import { may } from "./session";

/** What needs somebody, as numbers that lead there; and all pages of this role. */
export function Landing() {
  const turn = useSignal(0);
  const at = useSignal(Date.now());
  const list = ATTENTION.filter((one) => may(...one.needs) && SECTIONS.some((page) => page.id === one.section && may(...page.needs)));
  const l = t().landing;
  return (
    <>
      <SectionHead title={t().home} lead={list.length > 0 ? l.lead : l.none}>
        <span class="quiet-text">{l.asOf(toMinute(at.value))}</span>
        <button type="button" onClick={() => { turn.value += 1; at.value = Date.now(); }}><Icon name="again" /> {l.refresh}</button>
      </SectionHead>
      <ul class="counts">{list.map((one) => <li key={one.id}><Count of={one} turn={turn.value} /></li>)}</ul>
      <h2 class="places-title">{l.places}</h2>
      <Places />
    </>
  );
}

function Count({ of, turn }: { of: Attention; turn: number }) {
  const loader = useLoader(of.count, `${of.id} ${turn}`);
  const held = loader.state.value;
  const n = held.is === "ready" ? held.data : null;
  const l = t().landing;
  return (
    <Link to={of.section} plain="count" data-count={of.id} data-state={held.is === "ready" ? (n ? "some" : "none") : held.is}>
      <span class="count-name">{t().attention[of.id]}</span>
      <strong class={n === null || n === 0 ? "calm" : ""}>{held.is === "loading" ? "…" : n === null ? l.failed : n === 0 ? l.calm : l.count(n)}</strong>
    </Link>
  );
}

function Places() {
  return (
    <ul class="places">
      {(Object.keys(t().groups) as (keyof ReturnType<typeof t>["groups"])[]).map((group) => {
        const list = SECTIONS.filter((one) => one.group === group && may(...one.needs));
        return list.length > 0 && (
          <li key={group}><h3><Icon name={group} /> {t().groups[group]}</h3><ul>{list.map((one) => <li key={one.id}><Link to={one.id}>{one.title()}</Link></li>)}</ul></li>
        );
      })}
    </ul>
  );
}
