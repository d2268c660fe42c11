/**
 * One camera by WebRTC (WHEP), the second transport: for browsers without Media Source Extensions, or where they fail.
 *
 * The video process is asked once a second what its socket would say: state, a fresh ticket, the end and its sentence. A
 * gateway that does not answer that (MediaMTX) is taken for live while its connection stands.
 */

import type { Play } from "./wire";

export interface Told {
  type: "state" | "end" | "refused" | "left";
  state?: "connecting" | "live" | "frozen" | "down";
  age_ms?: number | null;
  ticket?: string;
  reason?: string;
  code?: string;
  message_ko?: string;
  message_en?: string;
}

const ASK_MS = 1000;
const GATHER_MS = 1000;

export class WhepPeer {
  private readonly peer = new RTCPeerConnection();
  private session = "";
  private timer: number | undefined;
  private isClosed = false;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly play: Play,
    private readonly onTold: (told: Told) => void,
    private readonly onLost: () => void,
  ) {
    this.peer.ontrack = (event) => {
      if (this.isClosed) return;
      this.video.srcObject = new MediaStream([event.track]);
      void this.video.play().catch(() => undefined);
    };
    this.peer.onconnectionstatechange = () => {
      if (["failed", "closed", "disconnected"].includes(this.peer.connectionState)) this.lose();
    };
    void this.begin().catch(() => this.lose());
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    window.clearInterval(this.timer);
    this.peer.close();
    this.video.srcObject = null;
    if (this.session) void fetch(this.session, { method: "DELETE", keepalive: true }).catch(() => undefined);
  }

  private async begin(): Promise<void> {
    this.peer.addTransceiver("video", { direction: "recvonly" }); // no sound is ever asked for
    await this.peer.setLocalDescription(await this.peer.createOffer());
    await gathered(this.peer);
    const answer = await fetch(this.play.url, {
      method: "POST",
      headers: { "Authorization": `Bearer ${this.play.ticket}`, "Content-Type": "application/sdp" },
      body: this.peer.localDescription?.sdp ?? "",
    });
    const location = answer.headers.get("Location") ?? "";
    if (answer.status === 201 && location) this.session = new URL(location, this.play.url).toString();
    if (this.isClosed) {
      if (this.session) void fetch(this.session, { method: "DELETE" }).catch(() => undefined);
      return;
    }
    if (answer.status !== 201) return this.refuse(answer);
    await this.peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
    this.timer = window.setInterval(() => void this.ask().catch(() => undefined), ASK_MS);
    void this.ask().catch(() => undefined);
  }

  private async refuse(answer: Response): Promise<void> {
    const told = (await answer.json().catch(() => null)) as Told | null;
    if (answer.status >= 500 || !told?.code) return this.lose();
    this.onTold({ ...told, type: "refused" });
  }

  private async ask(): Promise<void> {
    const answer = await fetch(this.session);
    if (this.isClosed) return;
    const told = (await answer.json().catch(() => null)) as Told | null;
    if (this.isClosed) return;
    if (!told || (!answer.ok && told.code !== "unknown_session")) this.onTold({ type: "state", state: "live", age_ms: null });
    else if (!answer.ok || told.type === "left") this.lose();
    else this.onTold(told);
  }

  private lose(): void {
    if (this.isClosed) return;
    this.close();
    this.onLost();
  }
}

/** All our candidates are in one offer; a browser that goes on looking is not waited for. */
function gathered(peer: RTCPeerConnection): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => { if (peer.iceGatheringState === "complete") resolve(); };
    peer.addEventListener("icegatheringstatechange", done);
    window.setTimeout(resolve, GATHER_MS);
    done();
  });
}
