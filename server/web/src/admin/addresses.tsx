import { useSignal } from "@preact/signals";
import { call } from "../api";
import { Loaded, useLoader } from "../loaded";
import { t } from "../texts/accounts";
import { t as frame } from "../texts/admin";
import { Area, Form, type Refusal } from "./kit/form";
import { Icon } from "./kit/icons";
import { Panel } from "./kit/page";
import { tell } from "./kit/told";
import { lines } from "./enrol";
import type { Networks } from "./wire";

interface Danger { what: string[]; networks: string[]; sessions_ended: number; confirm: string }

/**
 * From where an account, or all staff of an agency, may come. A change that locks somebody out, or opens the door to
 * strangers, comes back with what it would do and a token: shown in plain words, and sent again only by a second press.
 */
export function Addresses({ kind, id, onChange }: { kind: "account" | "agency"; id: string; onChange?: () => Promise<void> }) {
  const path = `/api/addresses/${kind}/${encodeURIComponent(id)}`;
  const loader = useLoader(() => call<Networks>("GET", path), path);
  const danger = useSignal<Danger | null>(null);
  const a = t().addresses;
  const put = async (networks: string[], confirm = "") => {
    const told = await call<Networks>("PUT", path, { networks, confirm });
    danger.value = null;
    await Promise.all([loader.again(), onChange?.()]);
    return told;
  };
  const change = async (networks: string[], before: string[], confirm = "") => {
    const told = await put(networks, confirm);
    tell(a.changed(told.sessions_ended ?? 0), async () => { await put(before); });
  };
  const refused = (problem: Refusal) => {
    if (!["locks_you_out", "too_wide"].includes(problem.code)) return false;
    danger.value = { what: problem.what as string[], networks: problem.networks as string[], sessions_ended: Number(problem.sessions_ended), confirm: String(problem.confirm) };
    return true;
  };
  return (
    <Panel title={a.title} id={`addresses-${kind}`}>
      <Loaded of={loader}>
        {(held) => {
          const before = held.networks.map((one) => one.network);
          return (
            <>
              {before.length === 0 && (held.inherited ?? []).length === 0 && kind === "account" && <p class="trouble">{a.none}</p>}
              <Form key={before.join()} send={a.save} onSend={(words) => change(lines(words.one("networks")), before)} onRefused={refused}>
                <Area name="networks" label={t().fields.networks} help={kind === "agency" ? a.agencyHelp : t().fields.networksHelp} rows={Math.min(8, before.length + 2)} value={before.join("\n")} />
              </Form>
              {(held.inherited ?? []).length > 0 && <><h3>{a.inherited}</h3><ul class="plain-list">{held.inherited!.map((one) => <li key={one.network}><code>{one.network}</code></li>)}</ul></>}
              {danger.value && <Warning danger={danger.value} onCancel={() => { danger.value = null; }} act={() => change(danger.value!.networks, before, danger.value!.confirm)} />}
            </>
          );
        }}
      </Loaded>
    </Panel>
  );
}

function Warning({ danger, onCancel, act }: { danger: Danger; onCancel: () => void; act: () => Promise<unknown> }) {
  const a = t().addresses;
  return (
    <div class="warning-box" role="alertdialog" aria-labelledby="danger-title">
      <Icon name="warning" />
      <div>
        <h3 id="danger-title">{a.warnTitle}</h3>
        <ul>{danger.what.map((one) => <li key={one}>{a.what[one] ?? one}</li>)}<li>{a.sessions(danger.sessions_ended)}</li></ul>
        <p>{a.after}: {danger.networks.length ? danger.networks.map((one) => <code key={one}>{one} </code>) : a.none}</p>
        <Form send={a.anyway} tone="danger" onSend={act} onCancel={onCancel} label={a.warnTitle}>{frame().form.reasonHelp}</Form>
      </div>
    </div>
  );
}
