import { signal, useSignal } from "@preact/signals";
import { render } from "preact";
import { call, Refused } from "../api";
import { dayAndTime } from "../clock";
import { lang, said } from "../lang";
import { Loaded, Loader } from "../loaded";
import { t } from "../texts/representative";
import type { Problem } from "../wire";
import { Check, Cross, Lock, Shield } from "../follow/icons";
import { Frame, Message } from "../follow/frame";
import "../theme";
import "../styles/base.css";
import "../styles/follow.css";
import "../styles/invitation.css";

/** Who agrees for a minor: by the link she passed on and the code that came to the representative's own phone. */
interface Request {
  kind: "representative" | "protector"; person_nickname: string; confirmed_at: string | null; version: string;
  texts: Record<string, { ko: string; en: string }>;
}

const id = decodeURIComponent(location.pathname.split("/").filter(Boolean).at(-1) ?? "");
const base = `/api/representatives/${encodeURIComponent(id)}`;
const request = new Loader(() => call<Request>("GET", base));
const problem = signal<Problem | null>(null);

async function confirm(code: string): Promise<void> {
  problem.value = null;
  try {
    await call("POST", `${base}/confirm`, { code, agree: true });
    await request.again();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    problem.value = error.problem;
    if (error.status === 404 || error.status === 410) await request.again();
  }
}

function Agreement({ of }: { of: Request }) {
  const busy = useSignal(false);
  const missing = useSignal<"" | "code" | "agree">("");
  async function submit(event: SubmitEvent) {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    const code = String(given.get("code") ?? "").trim();
    missing.value = given.get("agree") !== "on" ? "agree" : /^\d{6}$/.test(code) ? "" : "code";
    if (missing.value) return;
    busy.value = true;
    await confirm(code);
    busy.value = false;
  }
  const words = missing.value ? t().missing[missing.value] : problem.value
    ? `${said(problem.value)}${problem.value.attempts_left === undefined ? "" : ` ${t().left(problem.value.attempts_left)}`}` : "";
  return (
    <form class="digits agreement" onSubmit={submit} novalidate>
      <h1>{t().head(of.person_nickname)}</h1>
      <p class="lead">{of.kind === "protector" ? t().protector : t().representative}</p>
      <section class="consents" aria-label={t().consents}>
        {Object.entries(of.texts).map(([kind, text]) => <p key={kind}>{text[lang.value]}</p>)}
        <p class="version">{t().version(of.version)}</p>
      </section>
      <label class="tick"><input type="checkbox" name="agree" /><span>{t().agree}</span></label>
      <label for="code">{t().code}</label>
      <p id="why">{t().codeWhy}</p>
      <input id="code" name="code" inputMode="numeric" autocomplete="one-time-code" maxLength={6} aria-describedby="why trouble" aria-invalid={words !== ""} />
      <p id="trouble" class="trouble" role="alert">{words}</p>
      <button type="submit" class="primary" disabled={busy.value}>{busy.value ? t().busy : t().confirm}</button>
      <p class="privacy"><Shield />{t().record}</p>
    </form>
  );
}

function Body() {
  const held = request.state.value;
  if (held.is === "problem") {
    if (held.problem.code === "no_link") return <Message icon={<Cross />} head={t().noneHead} text={t().again} />;
    if (held.problem.code === "ended") return <Message icon={<Lock />} head={t().endedHead} text={t().again} />;
  }
  return (
    <Loaded of={request}>
      {(of) => of.confirmed_at
        ? <Message icon={<Check />} tone="good" role="status" head={t().done} text={t().doneText(dayAndTime(of.confirmed_at), of.person_nickname)} />
        : <Agreement of={of} />}
    </Loaded>
  );
}

function Page() {
  return <Frame title={t().title} other={t().otherLanguage}><Body /></Frame>;
}

void request.again();
render(<Page />, document.getElementById("page")!);
