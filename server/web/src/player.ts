/**
 * Plays one camera live: fragmented MP4 over a WebSocket into Media Source Extensions; by WebRTC (whep.ts) where the
 * browser has none, or they failed twice, or the gateway offers nothing else.
 *
 * Rules (measured): start at the live picture, play 1.15 times faster when behind, jump when far behind, drop
 * what is older than 10 s, reconnect after 0.5 s unless the server said "end" or "refused". A hung stream
 * looks like a still picture, so the state comes from pictures really presented, not from the connection. Not every
 * picture is asked for: each answer makes the browser draw the whole page once more, five films at 25 a second without end.
 * A page that nobody sees for half a minute lets go: no socket, no decoder; it comes back when it is looked at.
 */

import { WhepPeer, type Told } from "./whep";
import type { Play } from "./wire";

export interface PlayerState {
  kind: "connecting" | "live" | "frozen" | "down" | "ended" | "refused";
  /** Since the last picture on the screen (or at the server, when it is older there); null before the first. */
  ageMs: number | null;
  /** From the picture's arrival at the video server to the screen, measured; null while that is not known. What the
   *  camera and its line to the server take is not in it: no camera tells. */
  delayMs?: number | null;
  /** It has not become live for LONG_MS: whoever waits deserves words. */
  isLong?: boolean;
  message_ko?: string;
  message_en?: string;
  /** Why it ended or was refused, for programs. */
  code?: string;
  /** To be laid over the picture: who is watching from where. */
  watermark?: string;
}

interface ServerMessage {
  type: "init" | "state" | "ticket" | "end" | "refused";
  mime?: string;
  live_pts_s?: number;
  watermark?: string;
  state?: "connecting" | "live" | "frozen" | "down";
  age_ms?: number | null;
  ticket?: string;
  reason?: string;
  code?: string;
  message_ko?: string;
  message_en?: string;
}

const RECONNECT_MS = 500;
const LONGEST_RECONNECT_MS = 2000;
const SILENT_SOCKET_MS = 4000; // the server speaks each second
const FROZEN_MS = 3000;
const LONG_MS = 10_000;
const REST_MS = 30_000;
const TICK_MS = 250;
const LOOK_EVERY = 4; // ticks: how often a picture is asked whether it was presented
const DELAY_STEP_MS = 100; // a label that changes with every picture can't be read
const TARGET_S = 0.3;
const FAR_BEHIND_S = 2;
const KEEP_S = 10;
const CATCH_UP_RATE = 1.15;
const MAY_RETRY = new Set(["gate_silent"]);
const MOST_FAILURES = 2;

/** The ways of a ticket, or the address of a socket alone. */
export type Ways = Play[] | string;

export class CameraPlayer {
  private ways: Play[] = [];
  private failures = 0;
  private peer: WhepPeer | null = null;
  private socket: WebSocket | null = null;
  private feed: Feed | null = null;
  private timer: number | undefined;
  private reconnectTimer: number | undefined;
  private reconnectMs = RECONNECT_MS;
  private heardAt = 0;
  private server: { state: string; ageMs: number | null; at: number } | null = null;
  private presentedAt: number | null = null;
  private lastTime = -1;
  private frameRequest: number | undefined;
  private ticks = 0;
  private watermark = "";
  private last = "";
  private waitingSince = 0;
  private hiddenSince: number | null = null;
  private isResting = false;
  private arrival: { ptsS: number; at: number } | null = null;
  private delayMs: number | null = null;
  private toldDelayMs: number | null = null;

  /** `renew` gives fresh ways when the old ticket has run out (the release still stands or it will refuse). */
  constructor(
    private readonly video: HTMLVideoElement,
    private readonly onState: (state: PlayerState) => void,
    private readonly renew?: () => Promise<Ways>,
  ) {}

  open(ways: Ways): void {
    this.close();
    this.ways = listed(ways);
    this.failures = 0;
    this.reconnectMs = RECONNECT_MS;
    this.video.muted = true; // no sound is ever sent; browsers start only muted video by themselves
    this.video.playsInline = true;
    this.waitingSince = performance.now();
    this.timer = window.setInterval(() => this.tick(), TICK_MS);
    document.addEventListener("visibilitychange", this.onVisibility);
    this.onVisibility();
    this.watchFrames();
    this.connect();
  }

  close(): void {
    window.clearInterval(this.timer);
    window.clearTimeout(this.reconnectTimer);
    document.removeEventListener("visibilitychange", this.onVisibility);
    if (this.frameRequest !== undefined) this.video.cancelVideoFrameCallback?.(this.frameRequest);
    this.frameRequest = undefined;
    this.dropSocket();
    this.feed?.close();
    this.feed = null;
    this.server = this.presentedAt = null;
    this.arrival = this.delayMs = this.toldDelayMs = this.hiddenSince = null;
    this.isResting = false;
    this.lastTime = -1;
    this.last = this.watermark = "";
    this.ways = [];
  }

  /** Try again at once, whatever it waits for. */
  retry(): void {
    if (this.ways.length === 0) return;
    this.failures = 0;
    this.reconnectMs = RECONNECT_MS;
    this.waitingSince = performance.now();
    this.server = null;
    this.connect();
  }

  private onVisibility = (): void => {
    this.hiddenSince = document.hidden ? performance.now() : null;
    if (!this.isResting || document.hidden) return;
    this.isResting = false;
    this.retry();
  };

  /** Nobody looks: no picture is fetched or decoded. The server counts it as left; coming back is asked for anew. */
  private rest(): void {
    this.isResting = true;
    window.clearTimeout(this.reconnectTimer);
    this.dropSocket();
    this.feed?.close();
    this.feed = null;
    this.server = null;
    this.presentedAt = null;
    this.tell();
  }

  /** The way to go now; undefined when this browser can take none of them. */
  private way(): Play | undefined {
    const socket = "MediaSource" in window ? this.ways.find((one) => one.kind === "ws-fmp4") : undefined;
    const whep = "RTCPeerConnection" in window ? this.ways.find((one) => one.kind === "whep") : undefined;
    return this.failures < MOST_FAILURES ? (socket ?? whep) : (whep ?? socket);
  }

  // ------------------------------------------------------------ socket
  private connect(): void {
    window.clearTimeout(this.reconnectTimer);
    this.dropSocket();
    this.heardAt = performance.now();
    const way = this.way();
    if (way?.kind === "whep") return this.callPeer(way);
    if (!way) return this.finish("refused", { code: "no_way" });
    const socket = new WebSocket(way.url);
    socket.binaryType = "arraybuffer";
    socket.onmessage = (event) => this.hear(event.data);
    socket.onclose = () => this.reconnectLater();
    this.socket = socket;
    this.tell();
  }

  private callPeer(way: Play): void {
    this.feed?.close();
    this.feed = null;
    this.peer = new WhepPeer(this.video, way, (told) => this.hearPeer(way, told), () => this.reconnectLater());
    this.tell();
  }

  private hearPeer(way: Play, told: Told): void {
    this.heardAt = performance.now();
    if (told.type === "state") {
      this.reconnectMs = RECONNECT_MS;
      if (told.ticket) way.ticket = told.ticket;
      this.takeState(told);
    } else if (told.type === "end") this.finish("ended", told);
    else if (told.type === "refused") this.takeRefusal(told);
  }

  private dropSocket(): void {
    this.peer?.close();
    this.peer = null;
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private reconnectLater(): void {
    this.dropSocket();
    this.server = null;
    window.clearTimeout(this.reconnectTimer);
    this.reconnectTimer = window.setTimeout(() => this.connect(), this.reconnectMs);
    this.reconnectMs = Math.min(this.reconnectMs * 2, LONGEST_RECONNECT_MS);
    this.tell();
  }

  private hear(data: string | ArrayBuffer): void {
    this.heardAt = performance.now();
    if (typeof data !== "string") {
      this.feed?.append(data);
      return;
    }
    const message = JSON.parse(data) as ServerMessage;
    if (message.type === "init") this.start(message);
    else if (message.type === "ticket") this.takeTicket(message.ticket ?? "");
    else if (message.type === "state") this.takeState(message);
    else if (message.type === "end") this.finish("ended", message);
    else if (message.type === "refused") this.takeRefusal(message);
  }

  private start(message: ServerMessage): void {
    this.reconnectMs = RECONNECT_MS;
    this.watermark = message.watermark ?? "";
    this.arrival = this.delayMs = null; // another timeline
    this.feed?.close();
    this.feed = new Feed(this.video, message.mime ?? "", message.live_pts_s ?? 0, () => {
      this.failures++;
      this.reconnectLater();
    });
  }

  private takeState(message: Pick<ServerMessage, "state" | "age_ms" | "live_pts_s">): void {
    if (message.live_pts_s !== undefined && message.age_ms != null) {
      this.arrival = { ptsS: message.live_pts_s, at: performance.now() - message.age_ms };
    }
    this.server = { state: message.state ?? "connecting", ageMs: message.age_ms ?? null, at: performance.now() };
    this.tell();
  }

  private takeTicket(ticket: string): void {
    const way = this.ways.find((one) => one.kind === "ws-fmp4");
    if (!way) return;
    const url = new URL(way.url);
    url.searchParams.set("ticket", ticket);
    way.url = url.toString();
  }

  private takeRefusal(message: Said): void {
    if (MAY_RETRY.has(message.code ?? "")) return; // the socket closes now and we come back
    if (message.code === "ticket_expired" && this.renew) {
      this.dropSocket();
      const asked = this.ways;
      this.renew().then(
        (ways) => {
          if (this.ways !== asked) return; // closed, or opened elsewhere, in the meantime
          this.ways = listed(ways);
          this.reconnectLater();
        },
        () => this.ways === asked && this.finish("refused", message),
      );
      return;
    }
    this.finish("refused", message);
  }

  /** No picture stays on the screen after the right to see it has gone. */
  private finish(kind: "ended" | "refused", message: Said): void {
    const ageMs = this.ageMs();
    this.close();
    this.onState({
      kind,
      ageMs,
      message_ko: message.message_ko,
      message_en: message.message_en,
      code: message.reason ?? message.code,
    });
  }

  // ------------------------------------------------------------ what is on the screen
  private watchFrames(): void {
    if (this.frameRequest !== undefined || !("requestVideoFrameCallback" in HTMLVideoElement.prototype)) return;
    this.frameRequest = this.video.requestVideoFrameCallback((at, frame) => {
      this.frameRequest = undefined;
      this.presentedAt = performance.now();
      this.measure(at, frame);
    });
  }

  /** By WebRTC the browser knows when a picture came in; else the server tells when the newest came in, and this one
   *  is so many seconds older. Smoothed; a jump (a new stream) is taken at once. */
  private measure(at: number, frame: VideoFrameCallbackMetadata): void {
    const since = frame.receiveTime ?? (this.arrival ? this.arrival.at - (this.arrival.ptsS - frame.mediaTime) * 1000 : null);
    const delay = since === null ? -1 : at - since;
    if (delay < 0 || delay > 60_000) return;
    const isNear = this.delayMs !== null && Math.abs(delay - this.delayMs) < 2000;
    this.delayMs = isNear ? this.delayMs! * 0.5 + delay * 0.5 : delay;
  }

  private tick(): void {
    const now = performance.now();
    if (this.isResting) return;
    if (this.hiddenSince !== null && now - this.hiddenSince > REST_MS) return this.rest();
    if ((this.socket || this.peer) && now - this.heardAt > SILENT_SOCKET_MS) this.reconnectLater();
    this.feed?.follow();
    // a hidden page presents nothing; there, between two looks, and without frame callbacks, the clock of the video must do
    if (this.frameRequest === undefined || document.hidden) {
      if (this.video.currentTime !== this.lastTime) this.presentedAt = now;
    }
    this.lastTime = this.video.currentTime;
    if (++this.ticks % LOOK_EVERY === 0) this.watchFrames();
    this.tell();
  }

  private ageMs(): number | null {
    if (this.presentedAt === null) return null;
    const shown = performance.now() - this.presentedAt;
    const atServer = this.server?.ageMs != null ? this.server.ageMs + performance.now() - this.server.at : 0;
    return Math.round(Math.max(shown, this.server?.state === "live" ? 0 : atServer));
  }

  private kind(): PlayerState["kind"] {
    if (!this.server) return "connecting";
    if (this.server.state === "down" || this.server.state === "frozen") return this.server.state;
    const ageMs = this.ageMs();
    if (ageMs === null) return "connecting";
    return ageMs > FROZEN_MS ? "frozen" : "live";
  }

  /** Only when something changed: whole seconds of age, tenths of delay, so that a page is not drawn for nothing. */
  private tell(): void {
    const kind = this.kind();
    const ageMs = this.ageMs();
    if (kind === "live" || kind === "frozen") this.waitingSince = performance.now();
    const isLong = performance.now() - this.waitingSince > LONG_MS;
    const delayMs = kind === "live" ? this.steadyDelay() : null;
    const shown = `${kind} ${kind === "live" ? delayMs : ageMs === null ? "-" : Math.floor(ageMs / 1000)} ${isLong} ${this.watermark}`;
    if (shown === this.last) return;
    this.last = shown;
    this.onState({ kind, ageMs, delayMs, isLong, watermark: this.watermark });
  }

  private steadyDelay(): number | null {
    if (this.delayMs === null) return null;
    if (this.toldDelayMs === null || Math.abs(this.delayMs - this.toldDelayMs) >= DELAY_STEP_MS) {
      this.toldDelayMs = Math.round(this.delayMs / DELAY_STEP_MS) * DELAY_STEP_MS;
    }
    return this.toldDelayMs;
  }
}

type Said = Pick<ServerMessage, "reason" | "code" | "message_ko" | "message_en">;

function listed(ways: Ways): Play[] {
  return typeof ways === "string" ? [{ kind: "ws-fmp4", url: ways, ticket: "" }] : ways.map((one) => ({ ...one }));
}

/** One MediaSource with one buffer, kept at the live edge. Thrown away on every new init message. */
class Feed {
  private readonly source = new MediaSource();
  private readonly address = URL.createObjectURL(this.source);
  private buffer: SourceBuffer | null = null;
  private pending: ArrayBuffer[] = [];
  private isClosed = false;
  private hasStarted = false;

  constructor(
    private readonly video: HTMLVideoElement,
    mime: string,
    private readonly livePtsS: number,
    private readonly onBroken: () => void,
  ) {
    this.source.addEventListener(
      "sourceopen",
      () => {
        URL.revokeObjectURL(this.address);
        this.attach(mime);
      },
      { once: true },
    );
    video.src = this.address;
  }

  append(chunk: ArrayBuffer): void {
    this.pending.push(chunk);
    this.pump();
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.pending = [];
    this.video.removeAttribute("src");
    this.video.load();
  }

  private attach(mime: string): void {
    if (this.isClosed) return;
    try {
      this.buffer = this.source.addSourceBuffer(mime);
    } catch {
      return this.break();
    }
    this.buffer.addEventListener("updateend", () => {
      this.follow();
      this.pump();
    });
    this.buffer.addEventListener("error", () => this.break());
    this.pump();
  }

  private pump(): void {
    if (this.isClosed || !this.buffer || this.buffer.updating || this.pending.length === 0) return;
    const chunk = this.pending.length === 1 ? this.pending[0]! : joined(this.pending);
    try {
      this.buffer.appendBuffer(chunk);
      this.pending = [];
    } catch (error) {
      if (error instanceof DOMException && error.name === "QuotaExceededError" && this.dropOld(1)) {
        this.pending = [chunk];
      } else {
        this.break();
      }
    }
  }

  /** Stay at the live edge: start there, jump over gaps, catch up, forget the past. */
  follow(): void {
    const ranges = this.buffer && !this.isClosed ? this.buffer.buffered : null;
    if (!ranges || ranges.length === 0) return;
    const start = ranges.start(ranges.length - 1);
    const end = ranges.end(ranges.length - 1);
    if (!this.hasStarted) {
      if (end < this.livePtsS) return;
      this.hasStarted = true;
      this.video.currentTime = Math.max(start, this.livePtsS);
      void this.video.play().catch(() => undefined);
    }
    const behind = end - this.video.currentTime;
    if (behind > FAR_BEHIND_S || this.video.currentTime < start || behind < -1) {
      this.video.currentTime = Math.max(start, end - TARGET_S);
    }
    this.video.playbackRate = behind > TARGET_S * 1.6 ? CATCH_UP_RATE : 1;
    if (this.video.paused && !document.hidden) void this.video.play().catch(() => undefined);
    if (this.video.currentTime - ranges.start(0) > KEEP_S + 5) this.dropOld(KEEP_S);
  }

  private dropOld(keepS: number): boolean {
    const until = this.video.currentTime - keepS;
    if (!this.buffer || this.buffer.updating || until <= 0) return false;
    this.buffer.remove(0, until);
    return true;
  }

  private break(): void {
    if (this.isClosed) return;
    this.close();
    this.onBroken();
  }
}

function joined(chunks: ArrayBuffer[]): ArrayBuffer {
  const whole = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.byteLength, 0));
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(new Uint8Array(chunk), offset);
    offset += chunk.byteLength;
  }
  return whole.buffer;
}
