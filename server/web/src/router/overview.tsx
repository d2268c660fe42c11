import { useSignal } from "@preact/signals";
import { go } from "../admin/address";
import { SectionHead } from "../admin/kit/page";
import { named } from "../lang";
import { Loaded, useLoader } from "../loaded";
import { t } from "../texts/router";
import { AlarmLine } from "./alarm-line";
import { AreaMap } from "./area-map";
import { CenterTable, STATES, stateOf } from "./centers";
import { centers } from "./live";
import { ask } from "./session";
import type { CenterRow, Centers, Outlines } from "./wire";

/** The country at a glance: what is wrong, how many centers stand how, where they are, and each of them in words. */
export function Overview() {
  return (
    <>
      <SectionHead title={t().home} />
      <AlarmLine />
      <Loaded of={centers} isEmpty={(told) => told.centers.length === 0} empty={<p>{t().centers.empty}</p>}>{(told) => <Country of={told} />}</Loaded>
    </>
  );
}

function Country({ of }: { of: Centers }) {
  const c = t().centers;
  const state = useSignal("");
  const shown = of.centers.filter((one) => !state.value || stateOf(one) === state.value);
  return (
    <>
      <ul class="state-counts" aria-label={c.head.state}>
        {STATES.map((one) => (
          <li key={one}>
            <button type="button" class="quiet" aria-pressed={state.value === one} data-state={one} onClick={() => { state.value = state.value === one ? "" : one; }}>
              <span class={`swatch ${one}`} aria-hidden="true" /><span>{c.state[one]}</span><strong>{of.centers.filter((row) => stateOf(row) === one).length}</strong>
            </button>
          </li>
        ))}
      </ul>
      <div class="country"><CountryMap of={of} only={state.value} /><CenterTable rows={shown} caption={c.lead(of.centers.length, of.boundary_version)} isNarrow /></div>
    </>
  );
}

function CountryMap({ of, only }: { of: Centers; only: string }) {
  const c = t().centers;
  const shapes = useLoader(() => ask<Outlines>("GET", `/boundaries/${encodeURIComponent(of.boundary_version)}/outlines?tolerance_m=250`, undefined, 60_000), of.boundary_version);
  const rows = new Map<string, CenterRow>(of.centers.map((one) => [one.code, one]));
  const toneOf = (code: string) => {
    const row = rows.get(code);
    const state = row ? stateOf(row) : "none";
    return only && state !== only ? "faint" : state;
  };
  const said = (code: string) => { const row = rows.get(code); return row ? `${named(row)} · ${c.state[stateOf(row)]}` : ""; };
  return (
    <section class="map-box" aria-label={c.map}>
      <Loaded of={shapes}>
        {(told) => <AreaMap label={`${c.map}. ${c.mapHelp}`} areas={told} tones={of.centers.map((one) => `${one.code} ${toneOf(one.code)}`).join()} toneOf={toneOf} wordsOf={said} onPick={(code) => go("centers", code)} />}
      </Loaded>
      <p class="quiet-text">{c.mapHelp}</p>
    </section>
  );
}
