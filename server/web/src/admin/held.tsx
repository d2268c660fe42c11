import { useSignal } from "@preact/signals";
import { call } from "../api";
import { dayAndTime } from "../clock";
import { Dialog } from "../dialog";
import { Loaded, useLoader } from "../loaded";
import { t } from "../texts/accounts";
import { ConfirmDialog } from "./kit/confirm";
import { Check, type Words } from "./kit/form";
import { Mark, SectionHead } from "./kit/page";
import { DataTable, type Column } from "./kit/table";
import { tell } from "./kit/told";
import type { Held } from "./wire";

/** Logins that guessing has closed, and the one step that opens them. */
export default function HeldLogins() {
  const loader = useLoader(async () => (await call<{ held: Held[] }>("GET", "/api/accounts/held")).held, "held");
  const asked = useSignal<Held | null>(null);
  const pass = useSignal<string | null>(null);
  const h = t().held;
  const act = async (words: Words) => {
    const { account_id, name } = asked.value!.account!;
    const told = await call<{ pass: string | null }>("POST", `/api/accounts/${account_id}/release`, { pass: words.is("pass") });
    pass.value = words.is("pass") ? told.pass ?? "" : null;
    tell(h.released(name));
    await loader.again();
  };
  const columns: Column<Held>[] = [
    { id: "who", title: h.head.who, value: (one) => (one.account ? `${one.account.name} (${one.account.login})` : h.unknown) },
    { id: "reason", title: h.head.reason, value: (one) => h.reasons[one.reason] ?? one.reason },
    { id: "addresses", title: h.head.addresses, value: (one) => one.addresses.join(", ") },
    { id: "at", title: h.head.at, value: (one) => one.held_at, cell: (one) => dayAndTime(one.held_at) },
    { id: "until", title: h.head.until, value: (one) => one.held_until, cell: (one) => dayAndTime(one.held_until) },
    { id: "state", title: h.head.state, value: (one) => (one.is_held ? h.isHeld : h.isOver), cell: (one) => <Mark tone={one.is_held ? "bad" : "calm"}>{one.is_held ? h.isHeld : h.isOver}</Mark> },
    { id: "act", isAction: true, title: h.head.act, value: () => "", cell: (one) => one.is_held && one.account && <button type="button" onClick={() => { asked.value = one; }}>{h.release}</button> },
  ];
  return (
    <>
      <SectionHead title={h.title} lead={h.lead} />
      <Loaded of={loader} isEmpty={(list) => list.length === 0} empty={<p>{h.empty}</p>}>
        {(list) => <DataTable caption={h.title} columns={columns} rows={list} keyOf={(one) => `${one.account?.account_id ?? ""}${one.held_at}`} start={{ id: "at", down: true }} />}
      </Loaded>
      {asked.value && (
        <ConfirmDialog title={h.confirmTitle(asked.value.account!.name)} action={h.release} tone="primary" act={act} onDone={() => { asked.value = null; }} onCancel={() => { asked.value = null; }}>
          <p>{h.happens}</p>
          <Check name="pass" label={h.pass} help={h.passHelp} />
        </ConfirmDialog>
      )}
      {pass.value !== null && (
        <Dialog title={h.passTitle} onClose={() => { pass.value = null; }}>
          {pass.value ? <><p>{h.passLead}</p><p class="big-secret"><code>{pass.value}</code></p></> : <p>{h.passNone}</p>}
          <div class="form-buttons"><button type="button" class="primary" onClick={() => { pass.value = null; }}>{h.close}</button></div>
        </Dialog>
      )}
    </>
  );
}
