/**
 * A short film of our own played through Media Source Extensions, as a camera's live picture is: H.264 in fragmented
 * MP4, appended, decoded, painted. Counts what was really painted.
 */
const ADDRESS = "/static/test-picture.mp4";
const TYPE = 'video/mp4; codecs="avc1.42c01f"';
const WATCH_MS = 3000;
const FILM_S = 2;
const ROUNDS = 30;

export interface Painted { framesPerS: number; dropped: number }

export class TestPicture {
  private address = "";
  private isClosed = false;

  constructor(private readonly video: HTMLVideoElement) {}

  /** Plays on after it has been measured. Null: this browser can't. */
  async run(): Promise<Painted | null> {
    if (!("MediaSource" in window) || !MediaSource.isTypeSupported(TYPE)) return null;
    const film = await fetch(ADDRESS).then((answer) => (answer.ok ? answer.arrayBuffer() : null)).catch(() => null);
    if (!film || this.isClosed) return null;
    const source = new MediaSource();
    this.address = URL.createObjectURL(source);
    this.video.muted = true;
    this.video.src = this.address;
    await once(source, "sourceopen");
    if (this.isClosed) return null;
    const buffer = source.addSourceBuffer(TYPE);
    for (let round = 0; round < ROUNDS && !this.isClosed; round++) {
      buffer.timestampOffset = round * FILM_S;
      buffer.appendBuffer(film.slice(0));
      await once(buffer, "updateend");
      if (round === 1) void this.video.play().catch(() => undefined);
    }
    if (source.readyState === "open") source.endOfStream();
    return this.isClosed ? null : this.measure();
  }

  close(): void {
    this.isClosed = true;
    this.video.removeAttribute("src");
    this.video.load();
    if (this.address) URL.revokeObjectURL(this.address);
  }

  private async measure(): Promise<Painted | null> {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = this.video.getVideoPlaybackQuality();
    const begun = performance.now();
    await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
    const after = this.video.getVideoPlaybackQuality();
    const dropped = after.droppedVideoFrames - before.droppedVideoFrames;
    const painted = after.totalVideoFrames - before.totalVideoFrames - dropped;
    if (painted <= 0) return null;
    return { framesPerS: painted / ((performance.now() - begun) / 1000), dropped };
  }
}

function once(target: EventTarget, name: string): Promise<void> {
  return new Promise((resolve) => target.addEventListener(name, () => resolve(), { once: true }));
}
