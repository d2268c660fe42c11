import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Dialog } from "./dialog";
import { m } from "./texts/meeting";

/** Reading a QR with the browser's own reader, where it has one; everybody else types the six digits. */
interface Detector { detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]> }
type DetectorClass = new (options: { formats: string[] }) => Detector;
const detectorClass = () => (window as unknown as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
const EVERY_MS = 250;
const OURS = /^ansim-scout:/;

export const canScan = () => detectorClass() !== undefined && navigator.mediaDevices?.getUserMedia !== undefined;

export function Scan({ onRead, onClose }: { onRead: (text: string) => void; onClose: () => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const isDenied = useSignal(false);
  useEffect(() => {
    let stream: MediaStream | null = null;
    let timer = 0;
    let isGone = false;
    const stop = () => { isGone = true; clearTimeout(timer); stream?.getTracks().forEach((track) => track.stop()); };
    const look = async (reader: Detector) => {
      const found = video.current && video.current.readyState >= 2 ? await reader.detect(video.current).catch(() => []) : [];
      if (isGone) return;
      const text = found.map((one) => one.rawValue).find((value) => OURS.test(value));
      if (text) return onRead(text);
      timer = window.setTimeout(() => void look(reader), EVERY_MS);
    };
    const begin = async () => {
      const made = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
      if (isGone) return made.getTracks().forEach((track) => track.stop());
      stream = made;
      video.current!.srcObject = made;
      await video.current!.play();
      await look(new (detectorClass()!)({ formats: ["qr_code"] }));
    };
    begin().catch(() => { if (!isGone) isDenied.value = true; });
    return stop;
  }, []);
  return (
    <Dialog title={m().scan} onClose={onClose}>
      {isDenied.value ? <p class="trouble" role="alert">{m().noCamera}</p> : <><p>{m().scanLead}</p><video class="scan-view" ref={video} muted playsInline aria-label={m().scanView} /></>}
      <div class="sheet-buttons"><button type="button" onClick={onClose}>{m().close}</button></div>
    </Dialog>
  );
}
