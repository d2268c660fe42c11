import { effect } from "@preact/signals";
import { render } from "preact";
import { useEffect } from "preact/hooks";
import { dayAndTime } from "../clock";
import { LanguageSwitch } from "../language-switch";
import { Loaded } from "../loaded";
import { t } from "../texts/mine";
import { ThemeSwitch } from "../theme-switch";
import { Agreed } from "./agreed";
import { Enrol, Prove } from "./enrol";
import { Family } from "./family";
import { File, Leave } from "./leaving";
import { Protection } from "./protection";
import { Disasters } from "./warnings";
import { SeenList } from "./seen";
import { Scouts } from "./scouts";
import { begin, me, stage, wasHeld } from "./source";
import { Things } from "./things";
import { ToldList } from "./told";
import { Walks } from "./walks";
import "../styles/base.css";
import "../styles/sheet.css";
import "../styles/mine.css";

/** A person's own page: who saw what about her, what she agreed to, whom she trusts, and the way out. */
function Whole() {
  return (
    <main id="main">
      <Loaded of={me}>{(found) => (
        <>
          <div class="mine-head">
            <h1>{t().hello(found.nickname)}</h1>
            <p class="quiet-text">{t().signedUp(dayAndTime(found.signed_up_at).slice(0, 13))}</p>
          </div>
          {[...found.phones, ...found.browsers].some((one) => one.is_new) && <p class="attention" role="status">{t().newBrowser}</p>}
          <Scouts />
          <Walks />
          <SeenList />
          <Agreed of={found} />
          <Family />
          <ToldList />
          <Protection />
          <Disasters />
          <Things of={found} />
          <File />
          <Leave />
        </>
      )}</Loaded>
      <Prove />
    </main>
  );
}

function Left() {
  return (
    <main id="main" class="enrol">
      <h1>{t().left}</h1>
      <p class="lead">{t().leftLead}</p>
      {wasHeld.value && <p class="note">{t().leftHeld}</p>}
      <a class="button-link" href="/sos">{t().toSos}</a>
    </main>
  );
}

/** Asked anew when the network is back, so that it never stands still. */
function Waiting() {
  useEffect(() => {
    const timer = setInterval(() => { if (stage.peek() === "offline") void begin(); }, 5000);
    return () => clearInterval(timer);
  }, []);
  const isOff = stage.value === "offline";
  return (
    <main id="main" class="enrol">
      <h1>{t().title}</h1>
      <p role="status" class={isOff ? "trouble" : ""} data-state={stage.value}>{isOff ? t().offline : t().loading}</p>
      {isOff && <button type="button" onClick={() => void begin()}>{t().tryAgain}</button>}
    </main>
  );
}

function Page() {
  return (
    <div class="page">
      <a class="skip" href="#main">{t().skip}</a>
      <header>
        <img src="/static/mark.svg" alt="" width="24" height="24" />
        <strong>{t().title}</strong>
        <a class="to-sos" href="/sos">{t().toSos}</a>
        <LanguageSwitch label={t().otherLanguage} />
      </header>
      {stage.value === "page" ? <Whole /> : stage.value === "enrol" ? <Enrol /> : stage.value === "left" ? <Left /> : <Waiting />}
      <footer><ThemeSwitch /></footer>
    </div>
  );
}

effect(() => { document.title = `${t().title} · 안심`; });
// Somebody else's session, or one that was taken back meanwhile: to the number, not to a dead end.
effect(() => { if (me.state.value.is === "forbidden" && stage.peek() === "page") stage.value = "enrol"; });

void begin();
render(<Page />, document.getElementById("page")!);
