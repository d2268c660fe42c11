import { useSignal } from "@preact/signals";
import { dayAndTime, toMinute } from "../clock";
import { Dialog } from "../dialog";
import { lang, named, said } from "../lang";
import { Qr } from "../qr";
import { t } from "../texts/scouts";
import type { Problem } from "../wire";
import { invite, tell, type Board, type Invitation, type Pair } from "./source";

/** Pairs on duty: put there with a link and a code, heard of, taken off. */
const local = (ms: number) => new Date(ms + 9 * 3600_000).toISOString().slice(0, 16);
const utc = (text: string) => new Date(`${text}:00+09:00`).toISOString();

export function Once({ made, onClose }: { made: Invitation; onClose: () => void }) {
  return (
    <Dialog title={t().once} onClose={onClose}>
      <div class="once-told">
        <p>{t().onceLead}</p>
        <Qr of={made.qr} label={t().qr} />
        <p class="address">{made.url}</p>
        <p>{t().codeWord} <strong class="once-code">{made.code.slice(0, 3)} {made.code.slice(3)}</strong></p>
        <div class="sheet-buttons"><button type="button" class="primary" onClick={onClose}>{t().handed}</button></div>
      </div>
    </Dialog>
  );
}

function isMade(answer: Invitation | Problem): answer is Invitation {
  return "qr" in answer;
}

export function NewPair({ of, onClose, onMade }: { of: Board; onClose: () => void; onMade: (made: Invitation) => void }) {
  const trouble = useSignal("");
  const begin = Math.ceil(Date.parse(of.now) / 1_800_000) * 1_800_000;
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const field = (name: string) => String(new FormData(event.currentTarget as HTMLFormElement).get(name) ?? "").trim();
    const answer = await invite("pairs", {
      center: field("center"), name: field("name"), begins_at: utc(field("from")), ends_at: utc(field("until")),
      members: [1, 2].map((n) => ({ name: field(`member-${n}`), phone: field(`phone-${n}`) })),
    });
    if (isMade(answer)) onMade(answer);
    else trouble.value = said(answer);
  };
  return (
    <Dialog title={t().newPair} onClose={onClose}>
      <form onSubmit={submit}>
        <label for="center">{t().center}</label>
        <select id="center" name="center">{[...of.centers].sort((a, b) => Number(b.has_offer) - Number(a.has_offer)).map((one) => <option key={one.code} value={one.code}>{named(one)}</option>)}</select>
        <label for="name">{t().pairName}</label><input id="name" name="name" required maxLength={20} placeholder={t().pairHint} />
        <div class="two-fields">
          <div><label for="from">{t().from}</label><input id="from" name="from" type="datetime-local" required value={local(begin)} /></div>
          <div><label for="until">{t().until}</label><input id="until" name="until" type="datetime-local" required value={local(begin + 4 * 3600_000)} /></div>
        </div>
        {[1, 2].map((n) => (
          <div class="two-fields" key={n}>
            <div><label for={`member-${n}`}>{t().member(n)}</label><input id={`member-${n}`} name={`member-${n}`} required maxLength={40} /></div>
            <div><label for={`phone-${n}`}>{t().memberPhone(n)}</label><input id={`phone-${n}`} name={`phone-${n}`} type="tel" maxLength={40} required={n === 1} /></div>
          </div>
        ))}
        <p class="trouble" role="alert">{trouble.value}</p>
        <div class="sheet-buttons"><button type="button" onClick={onClose}>{t().cancel}</button><button type="submit" class="primary">{t().make}</button></div>
      </form>
    </Dialog>
  );
}

function standing(of: Pair): string {
  if (of.ended_at) return t().ended;
  if (!of.is_opened) return t().notOpened;
  return of.is_on_duty ? t().onDuty : t().planned;
}

export function PairRow({ of, onMade }: { of: Pair; onMade: (made: Invitation) => void }) {
  const trouble = useSignal("");
  const isEnding = useSignal(false);
  const again = async () => {
    const answer = await invite(`pairs/${of.pair_id}/link`);
    if (isMade(answer)) onMade(answer);
    else trouble.value = said(answer);
  };
  const end = async () => {
    const refused = await tell("DELETE", `pairs/${of.pair_id}`);
    trouble.value = refused ? said(refused) : "";
    isEnding.value = false;
  };
  return (
    <li class={`pair-row${of.late_level > 0 ? " is-late" : ""}`} data-pair={of.pair_id}>
      <p class="head"><strong>{of.name}</strong><span class="badge">{standing(of)}</span></p>
      <p>{dayAndTime(of.begins_at)} – {toMinute(of.ends_at)}</p>
      <p class="members">{of.members.map((one) => <span key={one.name}>{one.name} {one.phone && <a href={`tel:${one.phone}`}>{one.phone}</a>}</span>)}</p>
      {!of.ended_at && of.safe_by && <p class={of.late_level > 0 ? "trouble" : "quiet-text"}>{t().safeBy(toMinute(of.safe_by))}{of.position && ` · ${t().position(toMinute(of.position.fixed_at))}`}</p>}
      {!of.ended_at && (
        <p class="row-buttons"><button type="button" onClick={() => void again()}>{t().newLink}</button><button type="button" onClick={() => { isEnding.value = true; }}>{t().end}</button></p>
      )}
      <p class="trouble" role="alert">{trouble.value}</p>
      {isEnding.value && (
        <Dialog title={t().end} onClose={() => { isEnding.value = false; }}>
          <p>{of.name} · {t().endAsk}</p>
          <div class="sheet-buttons"><button type="button" onClick={() => { isEnding.value = false; }}>{t().cancel}</button><button type="button" class="primary" lang={lang.value} onClick={() => void end()}>{t().end}</button></div>
        </Dialog>
      )}
    </li>
  );
}
