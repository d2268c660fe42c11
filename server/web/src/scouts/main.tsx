import { signal, useSignal } from "@preact/signals";
import { render } from "preact";
import { Chime } from "../chime";
import { toMinute } from "../clock";
import { LanguageSwitch } from "../language-switch";
import { named, said } from "../lang";
import { t } from "../texts/scouts";
import { p } from "../texts/scouts-telephone";
import { ThemeSwitch } from "../theme-switch";
import { BookingRow } from "./bookings";
import { OffersPage } from "./offers";
import { NewPair, Once, PairRow } from "./pairs";
import { alarms, ask, board, isCut, isRinging, refusal, tell, view, type Board, type Invitation } from "./source";
import { Telephone } from "./telephone";
import "../styles/base.css";
import "../styles/sheet.css";
import "../styles/scouts.css";

/** The dispatcher's page: what needs somebody now, bookings by time, pairs on duty. No map: places are words. */
const told = signal<Invitation | null>(null);

function Alarms({ of }: { of: Board }) {
  const found = alarms(of);
  if (found.length === 0) return null;
  return (
    <section class="alarms" role="alert" aria-labelledby="alarms-head">
      <h2 id="alarms-head">{t().alarms}</h2>
      <ul>
        {found.map(({ key, kind, pair, booking }) => (
          <li key={key} data-alarm={kind}>
            {kind === "sos" && <p><strong>{pair!.name} · {t().sos(toMinute(pair!.sos_at!))}</strong> {t().sosLead}</p>}
            {kind === "overdue" && <p><strong>{pair!.name} · {t().overdue}</strong> {pair!.safe_by && t().safeBy(toMinute(pair!.safe_by))}{pair!.late_level > 1 && ` · ${t().leaderTold}`} {pair!.members.map((one) => one.phone).filter(Boolean).join(" · ")}</p>}
            {kind === "late" && <p><strong>{toMinute(booking!.at)} {booking!.name} · {t().late}</strong> {booking!.phone}</p>}
            {kind === "locked" && <p><strong>{toMinute(booking!.at)} {booking!.name} · {t().locked}</strong> {booking!.phone}</p>}
            {kind === "overdue" && (pair!.is_seen ? <span>{t().cared}</span> : <button type="button" onClick={() => void tell("POST", `pairs/${pair!.pair_id}/care`)}>{t().care}</button>)}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Of one or two each in a line of its own; of a province's installation, in one that opens. */
function NoOffers({ of }: { of: Board }) {
  const missing = of.centers.filter((one) => !one.has_offer);
  if (missing.length <= 2) return <>{missing.map((one) => <p class="banner" key={one.code}>{t().noOffer(named(one))}</p>)}</>;
  return <details class="banner no-offers"><summary>{t().noOffers(missing.length)}</summary><p>{missing.map(named).join(" · ")}</p></details>;
}

function Boards({ of }: { of: Board }) {
  const isMaking = useSignal(false);
  const isCalled = useSignal(false);
  const open = of.bookings.filter((one) => one.ended_at === null);
  const over = of.bookings.filter((one) => one.ended_at !== null).reverse();
  const made = (invitation: Invitation) => { isMaking.value = false; told.value = invitation; };
  return (
    <>
      <Alarms of={of} />
      <NoOffers of={of} />
      <div class="boards">
        <section aria-labelledby="bookings-head">
          <h2 id="bookings-head">{t().bookings} <span class="count">{open.length}</span>{of.centers.some((one) => one.has_offer) && <button type="button" onClick={() => { isCalled.value = true; }}>{p().open}</button>}</h2>
          {open.length === 0 && <p class="region-state">{t().noBookings}</p>}
          <ul>{open.map((one) => <BookingRow key={one.booking_id} of={one} board={of} />)}</ul>
          {over.length > 0 && <details><summary>{t().over(over.length)}</summary><ul>{over.map((one) => <BookingRow key={one.booking_id} of={one} board={of} />)}</ul></details>}
        </section>
        <section aria-labelledby="pairs-head">
          <h2 id="pairs-head">{t().pairs} <span class="count">{of.pairs.filter((one) => one.is_on_duty).length}</span><button type="button" class="primary" onClick={() => { isMaking.value = true; }}>{t().newPair}</button></h2>
          {of.pairs.length === 0 && <p class="region-state">{t().noPairs}</p>}
          <ul>{of.pairs.map((one) => <PairRow key={one.pair_id} of={one} onMade={made} />)}</ul>
        </section>
      </div>
      {isCalled.value && <Telephone of={of} onClose={() => { isCalled.value = false; }} />}
      {isMaking.value && <NewPair of={of} onClose={() => { isMaking.value = false; }} onMade={made} />}
      {told.value && <Once made={told.value} onClose={() => { told.value = null; }} />}
    </>
  );
}

/** Whoever may write down the hours has them beside the board. */
function Views() {
  if (!board.value?.may_offer) return null;
  return (
    <nav aria-label={t().title}>
      {(["board", "offers"] as const).map((one) => <a key={one} href={`#${one}`} aria-current={view.value === one ? "page" : undefined}>{one === "board" ? t().boardHead : t().offersHead}</a>)}
    </nav>
  );
}

function Refusal() {
  const found = refusal.value;
  if (!found) return null;
  return <section class="region-state trouble" role="alert"><p>{said(found)}</p>{found.code === "not_signed_in" && <a href="/login">{t().signIn}</a>}</section>;
}

function Page() {
  document.title = t().title;
  const isOffers = view.value === "offers";
  return (
    <div class="scouts-page">
      <header><img src="/static/mark.svg" alt="" width="28" height="28" /><h1>{t().title}</h1><Views /><span class="space" />
        <a href="/console">{t().console}</a><a href="/api/scouts/calendar.ics">{t().calendar}</a><ThemeSwitch /><LanguageSwitch label={t().otherLanguage} /></header>
      <main>
        {isCut.value && <p class="banner alarm" role="status">{t().cut}</p>}
        {!isOffers && <Refusal />}
        {!isOffers && !board.value && !refusal.value && !isCut.value && <p class="region-state" role="status">{t().loading}</p>}
        {isOffers ? <OffersPage /> : board.value && <Boards of={board.value} />}
      </main>
    </div>
  );
}

addEventListener("hashchange", () => { view.value = location.hash === "#offers" ? "offers" : "board"; });
new Chime(() => isRinging.value);
document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") void ask(); });
void ask();
render(<Page />, document.getElementById("page")!);
