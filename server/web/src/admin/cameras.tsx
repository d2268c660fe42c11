import { effect, signal } from "@preact/signals";
import { render } from "preact";
import { call, Refused } from "../api";
import { LanguageSwitch } from "../language-switch";
import { t } from "../texts/cameras";
import type { Me } from "../wire";
import { Doubts, showBatch } from "./doubts";
import { Imports } from "./imports";
import { Registry } from "./registry";
import "../styles/base.css";
import "../styles/fonts.css";
import "../styles/map.css";
import "../styles/sheet.css";
import "../styles/admin.css";

/** The registry's page for who manages cameras: rows to check, imports, cameras with their health. */
type Tab = "doubts" | "imports" | "cameras";
const TABS: Tab[] = ["doubts", "imports", "cameras"];
const me = signal<Me | null>(null);
const named = location.hash.slice(1) as Tab;
const tab = signal<Tab>(TABS.includes(named) ? named : "doubts");

effect(() => {
  document.title = t().title;
  history.replaceState(null, "", `#${tab.value}`);
});

async function logout(): Promise<void> {
  await call("POST", "/api/logout").catch(() => undefined);
  location.assign("/login");
}

function Page() {
  const who = me.value;
  return (
    <div class="admin">
      <header class="top">
        <img src="/static/mark.svg" alt="" width="28" height="28" />
        <h1>{t().title}</h1>
        <span class="space" />
        <a href="/console">{t().console}</a>
        <a href="/account">{t().account}</a>
        <LanguageSwitch label={t().otherLanguage} />
        <span>{who?.name}</span>
        <button type="button" class="quiet" onClick={() => void logout()}>{t().logout}</button>
      </header>
      {who && who.role !== "admin" && <main><p class="trouble" role="alert">{t().notAllowed}</p></main>}
      {who?.role === "admin" && (
        <>
          <nav class="tabs" aria-label={t().title}>
            {TABS.map((one) => (
              <button type="button" key={one} aria-current={tab.value === one ? "page" : undefined} onClick={() => { tab.value = one; }}>{t().tabs[one]}</button>
            ))}
          </nav>
          <main>
            {tab.value === "doubts" && <Doubts />}
            {tab.value === "imports" && <Imports onDoubts={(batch) => { showBatch(batch); tab.value = "doubts"; }} />}
            {tab.value === "cameras" && <Registry />}
          </main>
        </>
      )}
    </div>
  );
}

async function start(): Promise<void> {
  try {
    me.value = await call<Me>("GET", "/api/me");
  } catch (error) {
    if (error instanceof Refused && (error.status === 401 || error.status === 403)) location.replace("/login");
    else setTimeout(() => void start(), 2000);
  }
}

void start();
render(<Page />, document.getElementById("page")!);
