import { signal } from "@preact/signals";

/**
 * One WebSocket that is always being kept: a watchdog closes it after 12 s without a frame (the server beats every
 * 5 s), and it is opened again after 0.5, 1, 2, 4, 8 s. What to say first on a new connection is the caller's
 * (`hello`), so that the feed resumes by its cursor.
 */
const SILENCE_MS = 12_000;
const LATE_MS = 7_000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 8_000;

export type LinkState = "connecting" | "live" | "late" | "lost";

export interface LinkOptions {
  path: string;
  hello: () => unknown | null;
  onFrame: (frame: any) => void;
  /** Close codes that mean "don't come back" (4401: session ended). */
  onFinal?: (code: number) => void;
  finalCodes?: number[];
}

export class Link {
  readonly state = signal<LinkState>("connecting");
  /** When something was last heard, by this seat's clock; null before the first frame. */
  readonly heardAt = signal<number | null>(null);
  private quietSince = Date.now();
  private socket: WebSocket | null = null;
  private retryMs = FIRST_RETRY_MS;
  private retryTimer = 0;
  private stopped = false;
  private readonly watch: number;

  constructor(private readonly options: LinkOptions) {
    this.watch = window.setInterval(() => this.check(), 1000);
    window.addEventListener("online", this.hurry);
    this.open();
  }

  /** False when nothing is connected: the caller must not pretend that it was sent. */
  send(frame: unknown): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** Drop the connection and come back at once with a new hello: a hiccup, no alarm. */
  resync(): void {
    const old = this.socket;
    if (!old) return;
    this.retryMs = 0;
    this.lost(old, "late");
    old.close(4000);
  }

  stop(): void {
    this.stopped = true;
    clearInterval(this.watch);
    clearTimeout(this.retryTimer);
    window.removeEventListener("online", this.hurry);
    this.socket?.close(1000);
    this.socket = null;
  }

  private readonly hurry = () => {
    if (!this.socket && !this.stopped) {
      clearTimeout(this.retryTimer);
      this.open();
    }
  };

  private open(): void {
    const url = new URL(this.options.path, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    this.socket = socket;
    this.quietSince = Date.now();
    socket.onopen = () => {
      const hello = this.options.hello();
      if (hello) socket.send(JSON.stringify(hello));
    };
    socket.onmessage = (message) => this.heard(socket, message.data as string);
    socket.onclose = (event) => {
      if (this.options.finalCodes?.includes(event.code)) {
        this.stop();
        this.state.value = "lost";
        this.options.onFinal?.(event.code);
      } else {
        this.lost(socket);
      }
    };
  }

  private heard(socket: WebSocket, data: string): void {
    if (socket !== this.socket) return;
    this.retryMs = FIRST_RETRY_MS;
    this.quietSince = this.heardAt.value = Date.now();
    this.state.value = "live";
    this.options.onFrame(JSON.parse(data));
  }

  private check(): void {
    if (!this.socket) return;
    const silentMs = Date.now() - this.quietSince;
    if (silentMs > SILENCE_MS) {
      const dead = this.socket;
      this.lost(dead);
      dead.close(4000);
    } else if (silentMs > LATE_MS && this.state.value === "live") {
      this.state.value = "late";
    }
  }

  /** `close()` on a dead network may not fire for minutes, so the old socket is forgotten at once. */
  private lost(socket: WebSocket | null, as: LinkState = "lost"): void {
    if (this.stopped || !socket || socket !== this.socket) return;
    this.socket = null;
    this.state.value = as;
    clearTimeout(this.retryTimer);
    this.retryTimer = window.setTimeout(() => this.open(), this.retryMs);
    this.retryMs = Math.min(LAST_RETRY_MS, Math.max(FIRST_RETRY_MS, this.retryMs * 2));
  }
}
