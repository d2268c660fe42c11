import { signal, type Signal } from "@preact/signals";
import { call } from "../api";
import { lang } from "../lang";

/**
 * Push to this browser: `public/guardian-worker.js` shows it, the server keeps the address with the guardian, or with the
 * person whose page it is. Where a browser can't, the page says what would help and works without.
 */
const WORKER = "/guardian-worker.js";
const PATIENCE_MS = 15_000;

export type PushState = "looking" | "off" | "on" | "busy" | "denied" | "failed" | "unsupported" | "home_screen";

function within<T>(work: Promise<T>): Promise<T> {
  return Promise.race([work, new Promise<T>((_, no) => setTimeout(() => no(new Error("late")), PATIENCE_MS))]);
}

/** iPhones push only to a page that was put on the home screen. */
const needsHomeScreen = () => /iPhone|iPad/.test(navigator.userAgent) && !("PushManager" in window);

async function active(registration: ServiceWorkerRegistration): Promise<ServiceWorkerRegistration> {
  const worker = registration.installing ?? registration.waiting;
  if (!registration.active && worker) {
    await within(new Promise<void>((done) => worker.addEventListener("statechange", () => { if (worker.state === "activated") done(); })));
  }
  return registration;
}

const bytes = (key: string) => Uint8Array.from(atob(key.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

export class BrowserPush {
  readonly state: Signal<PushState> = signal("looking");
  private subscriptionId = "";

  /** `base`: where the server keeps it, `/api/follow/{link}` or `/api/invitations/{invitation}`; `scope`: the pages that
   * the worker belongs to. */
  constructor(protected readonly base: string, private readonly scope = "/follow/") {}

  /** What this browser says, without asking the person anything; a subscription that it holds is told anew. */
  async look(): Promise<void> {
    if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) {
      this.state.value = needsHomeScreen() ? "home_screen" : "unsupported";
      return;
    }
    if (Notification.permission === "denied") { this.state.value = "denied"; return; }
    try {
      const registration = await navigator.serviceWorker.getRegistration(this.scope);
      const held = Notification.permission === "granted" ? await registration?.pushManager.getSubscription() : null;
      if (held) await this.tell(held);
      this.state.value = held ? "on" : "off";
    } catch {
      this.state.value = "off";
    }
  }

  /** After a press: browsers ask the person only then. */
  async turnOn(): Promise<void> {
    this.state.value = "busy";
    try {
      if ((await Notification.requestPermission()) !== "granted") { this.state.value = "denied"; return; }
      const registration = await active(await within(navigator.serviceWorker.register(WORKER, { scope: this.scope })));
      const { public_key } = await call<{ public_key: string }>("GET", "/api/web_push");
      const wish = { userVisibleOnly: true, applicationServerKey: bytes(public_key) };
      let made: PushSubscription;
      try {
        made = await within(registration.pushManager.subscribe(wish));
      } catch (error) {
        if (!(error instanceof DOMException && error.name === "InvalidStateError")) throw error;
        await (await registration.pushManager.getSubscription())?.unsubscribe(); // made for an earlier key of the server
        made = await within(registration.pushManager.subscribe(wish));
      }
      await this.tell(made);
      this.state.value = "on";
    } catch {
      this.state.value = "failed";
    }
  }

  async turnOff(): Promise<void> {
    this.state.value = "busy";
    try {
      await this.leave();
      const registration = await navigator.serviceWorker.getRegistration(this.scope);
      await (await registration?.pushManager.getSubscription())?.unsubscribe();
      this.state.value = "off";
    } catch {
      this.state.value = "failed";
    }
  }

  protected async leave(): Promise<void> {
    if (this.subscriptionId) await call("DELETE", `${this.base}/push/${this.subscriptionId}`);
  }

  protected async tell(held: PushSubscription): Promise<void> {
    const { endpoint, keys } = held.toJSON();
    const kept = await call<{ subscription_id: string }>("POST", `${this.base}/push`, { endpoint, keys, language: lang.peek() });
    this.subscriptionId = kept.subscription_id;
  }
}
